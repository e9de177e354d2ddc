// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.HostEntry;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PoolShare;
import org.understudy.api.Revised;
import org.understudy.api.VfView;
import org.understudy.api.Vm;

/**
 * The part of an inventory that belongs to one host. A change makes a new one, so that it costs no more than one host.
 *
 * @param trouble why the VMs of the host are unknown or stale; empty while they are current
 * @param vms those that are listed on this host
 */
record HostPart(
        Revised<HostEntry> entry,
        Optional<UnansweredHost> trouble,
        Map<UUID, Revised<Vm>> vms,
        Map<PciAddress, Revised<VfView>> vfs,
        Map<PoolName, Revised<PoolShare>> pools) {

    HostPart with(Revised<HostEntry> newEntry, Optional<UnansweredHost> newTrouble) {
        return new HostPart(newEntry, newTrouble, vms, vfs, pools);
    }

    HostPart withVms(Map<UUID, Revised<Vm>> others) {
        return new HostPart(entry, trouble, others, vfs, pools);
    }

    HostPart withVfs(Map<PciAddress, Revised<VfView>> others) {
        return new HostPart(entry, trouble, vms, others, pools);
    }

    HostPart withPools(Map<PoolName, Revised<PoolShare>> others) {
        return new HostPart(entry, trouble, vms, vfs, others);
    }

    boolean isStale() {
        return entry.value().staleSince().isPresent();
    }
}
