// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.VmName;

/**
 * VMs that this server migrates away from the host. libvirt ends the source's QEMU by itself once the destination runs;
 * that is published when the migration finishes, not as a stop of the VM.
 */
public final class OutgoingDomains {
    private final Set<VmName> outgoing = ConcurrentHashMap.newKeySet();

    public void add(VmName vm) {
        outgoing.add(vm);
    }

    public void remove(VmName vm) {
        outgoing.remove(vm);
    }

    public boolean contains(VmName vm) {
        return outgoing.contains(vm);
    }
}
