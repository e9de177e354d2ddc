// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import java.util.Optional;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationId;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.xml.MigrationMark;
import org.understudy.libvirt.domain.Domains;

/** Reads whose migration brings a domain to its host. libvirt keeps the metadata of the definition that the source sends. */
final class IncomingMark {
    /** Passwords are left out. */
    private static final int NO_FLAGS = 0;

    private IncomingMark() {}

    /** Empty without a mark, and if the domain is gone meanwhile. */
    static Optional<MigrationId> of(Domains domains, VmName vm) {
        try {
            return domains.call("read the live definition of", vm, IncomingMark::of);
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.VM_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static Optional<MigrationId> of(Domain domain) throws LibvirtException {
        return MigrationMark.of(domain.getXMLDesc(NO_FLAGS));
    }
}
