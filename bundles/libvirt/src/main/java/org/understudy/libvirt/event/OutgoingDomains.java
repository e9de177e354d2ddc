// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.VmName;

/**
 * The VMs that are being sent away from here. libvirt ends the source's QEMU by itself once the destination runs; that
 * is told when the migration is finished, not as the end of the VM.
 */
public final class OutgoingDomains {
    private final Set<VmName> leaving = ConcurrentHashMap.newKeySet();

    public void begin(VmName vm) {
        leaving.add(vm);
    }

    public void end(VmName vm) {
        leaving.remove(vm);
    }

    public boolean contains(VmName vm) {
        return leaving.contains(vm);
    }
}
