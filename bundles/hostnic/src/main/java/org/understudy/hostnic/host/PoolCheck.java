// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicInventory;
import org.understudy.api.PoolName;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.hostnic.pool.VfSelection;

/** Reports why a host cannot supply a VF of a pool. */
record PoolCheck(HostNicAccess access, PoolName pool) {
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
        if (!VfSelection.order(inventory, pool, OptionalInt.empty()).isEmpty()) {
            return VfSelection.obstacle(inventory, pool)
                    .map(why -> finding(
                            FindingCode.POOL_NOT_SERVED,
                            "Pool " + pool + " has no usable VF on host " + inventory.host() + ": " + why,
                            "Remove the obstacle on the host, or choose another host."))
                    .stream()
                    .toList();
        }
        return List.of(finding(
                FindingCode.POOL_EXHAUSTED,
                "Pool " + pool + " has no free VF on host " + inventory.host() + ": " + summary(inventory.vfs()),
                "Release a VF on the host, or choose another host."));
    }

    private Finding finding(FindingCode code, String message, String remedy) {
        return Finding.of(code, "host " + access.policy().name() + ", pool " + pool, message, remedy);
    }

    private String summary(List<VfView> vfs) {
        List<VfView> members =
                vfs.stream().filter(vf -> vf.pools().contains(pool)).toList();
        long leased =
                members.stream().filter(vf -> vf.state() == VfState.LEASED).count();
        return "%d VFs, %d of them leased".formatted(members.size(), leased);
    }
}
