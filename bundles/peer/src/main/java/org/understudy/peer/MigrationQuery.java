// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationId;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.xml.MigrationMark;

/**
 * The migration that a call refers to, behind its path: another one of the same VM may have begun since.
 *
 * @param path of the call
 * @param id empty if an older server makes the call
 */
record MigrationQuery(String path, Optional<MigrationId> id) {
    static final String PREFIX = "?migration=";

    static MigrationQuery parse(String call) {
        int at = call.indexOf(PREFIX);
        return at < 0
                ? new MigrationQuery(call, Optional.empty())
                : new MigrationQuery(
                        call.substring(0, at), Optional.of(new MigrationId(call.substring(at + PREFIX.length()))));
    }

    void requireIncoming(Host host, VmName vm) {
        if (id.isPresent()
                && !host.liveDefinition(vm).flatMap(MigrationMark::of).equals(id)) {
            throw other();
        }
    }

    void requireOutgoing(OutgoingMigration outgoing) {
        if (id.isPresent() && !outgoing.migration().or(() -> id).equals(id)) {
            throw other();
        }
    }

    private UnderstudyException other() {
        return new UnderstudyException(
                ErrorCode.WRONG_VM_STATE,
                "Call " + path + ": the VM is not in migration " + id.get() + " on this host");
    }
}
