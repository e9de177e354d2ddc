// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Map;
import org.libvirt.Domain;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.libvirt.connect.LibvirtConnection;

/** Starts a domain with the VFs that were assigned to it, which are not stored in its definition. */
public record DomainStart(LibvirtConnection connection, Domains domains, LibvirtDefinitions definitions) {
    /** @throws UnderstudyException {@link ErrorCode#WRONG_VM_STATE} if the domain has saved memory */
    public void start(VmName vm, Map<Alias, PciAddress> assignedVfs) {
        requireNoSavedState(vm);
        String stored = definitions.configured(vm);
        String definition = AssignedVfs.put(stored, assignedVfs);
        if (definition.equals(stored)) {
            domains.run("start", vm, Domain::create);
            return;
        }
        connection.call("start VM " + vm, c -> {
            c.domainCreateXML(definition, 0).free();
            return true;
        });
    }

    /**
     * A fresh start would change the disks, which then no longer match the saved memory. libvirt restores that memory only at a
     * start of the stored definition, whose VFs may be others by now.
     */
    private void requireNoSavedState(VmName vm) {
        if (domains.call("check for saved memory of", vm, d -> d.hasManagedSaveImage() == 1)) {
            // A name may contain what the shell of the admin interprets.
            String uuid = domains.call("read the UUID of", vm, Domain::getUUIDString);
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "VM %s on host %s has saved memory; restore it with 'virsh start %s', or discard it with"
                                    .formatted(vm, connection.host(), uuid)
                            + " 'virsh managedsave-remove " + uuid + "'");
        }
    }
}
