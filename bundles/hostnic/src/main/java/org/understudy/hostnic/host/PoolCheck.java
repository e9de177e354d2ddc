// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicInventory;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.hostnic.pool.VfSelection;

/** Reports why a host cannot supply a VF of a pool. */
record PoolCheck(HostNicAccess access, PoolPolicy pool) {
    private static final Set<String> SIGNS_OF_A_DAEMON = Set.of("up", "address");

    /** Empty if it can. */
    List<Finding> findings() {
        Optional<String> readOnly = access.readOnly();
        // A read-only host is not read again.
        NicInventory inventory = readOnly.isPresent() ? access.inventory() : access.refreshIfAvailable();
        if (!inventory.available()) {
            return List.of(finding(
                    FindingCode.POOL_NOT_SERVED,
                    inventory.findings().stream()
                            .map(Finding::message)
                            .findFirst()
                            .orElse("NICs of host " + inventory.host() + " are not configured"),
                    "Set nics of the host in etc/understudy.yaml, then run understudy:doctor."));
        }
        if (readOnly.isPresent()) {
            return List.of(finding(
                    FindingCode.POOL_NOT_SERVED,
                    readOnly.get(),
                    "Install understudy-vf on the host and set nics: access: ssh, or choose another host."));
        }
        if (!VfSelection.order(inventory, pool, OptionalInt.empty(), Optional.empty())
                .isEmpty()) {
            return Stream.concat(obstacle(inventory).stream(), storage(inventory))
                    .toList();
        }
        return List.of(finding(
                FindingCode.POOL_EXHAUSTED,
                "Pool " + pool.name() + " has no free VF on host " + inventory.host() + ": "
                        + VfSelection.reasons(inventory, pool.name()),
                remedy(inventory.vfs())));
    }

    private Optional<Finding> obstacle(NicInventory inventory) {
        return VfSelection.obstacle(inventory, pool)
                .map(why -> finding(
                        FindingCode.POOL_NOT_SERVED,
                        "Pool " + pool.name() + " has no usable VF on host " + inventory.host() + ": " + why,
                        "Remove the obstacle on the host, or choose another host."));
    }

    /** A lease cannot be recorded without space. */
    private Stream<Finding> storage(NicInventory inventory) {
        return inventory.findings().stream()
                .filter(f -> f.code() == FindingCode.STORAGE_FULL)
                .map(f -> finding(f.code(), "Host " + inventory.host() + ": " + f.message(), f.remedy()));
    }

    private Finding finding(FindingCode code, String message, String remedy) {
        return Finding.of(code, "host " + access.policy().name() + ", pool " + pool.name(), message, remedy);
    }

    /** Only what would give the pool a free VF. */
    private String remedy(List<VfView> vfs) {
        List<VfView> members =
                vfs.stream().filter(vf -> vf.pools().contains(pool.name())).toList();
        if (members.isEmpty()) {
            return "Compare the selectors of the pool with understudy:vf-list, create VFs on the PF, or choose another host.";
        }
        if (members.stream().anyMatch(VfView::isReserved)) {
            return "If no other program uses the VFs that are bound to vfio-pci, set adopt: true for the pool in"
                    + " etc/understudy.yaml; else add VFs to the pool.";
        }
        if (members.stream().anyMatch(PoolCheck::isOnlyUp)) {
            return "If NetworkManager sets the netdevs of the VFs up, set it to ignore them"
                    + " (docs/libvirt.md) and set the netdevs down; else end their use, add VFs to the pool, or choose another host.";
        }
        return members.stream().anyMatch(vf -> vf.state() == VfState.LEASED)
                ? "Add VFs to the pool, stop a VM that uses one, or choose another host."
                : "End the use of a VF on the host, add VFs to the pool, or choose another host.";
    }

    /** As a network daemon leaves each netdev that it manages. */
    private static boolean isOnlyUp(VfView vf) {
        return vf.state() == VfState.IN_USE && vf.signs().contains("up") && SIGNS_OF_A_DAEMON.containsAll(vf.signs());
    }
}
