// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;

/**
 * Reports the findings of the NICs of each host and of the VF pools.
 *
 * @param nics empty if the bundle hostnic is not installed
 */
record NicCheck(Optional<HostNics> nics) implements Check {
    @Override
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        nics.map(HostNics::inventories).orElse(List.of()).forEach(host -> add(host, findings));
        nics.map(HostNics::pools).orElse(List.of()).stream()
                .filter(pool -> pool.kind() == PrimaryKind.VF)
                .forEach(pool -> add(pool, findings));
        return findings;
    }

    private static void add(NicInventory host, List<Finding> to) {
        to.addAll(host.findings());
        if (host.available() && host.findings().isEmpty()) {
            String message = "Host %s: SR-IOV is readable (%s), PFs %d, VFs %d"
                    .formatted(
                            host.host(),
                            host.access(),
                            host.pfs().size(),
                            host.vfs().size());
            to.add(Check.healthy("host " + host.host() + ", NICs", message));
        }
    }

    private static void add(PoolView pool, List<Finding> to) {
        // A host that cannot be read has its finding in its inventory.
        List<Finding> own = pool.findings().stream()
                .filter(f -> f.code() != FindingCode.HOST_UNAVAILABLE)
                .toList();
        to.addAll(own);
        if (own.isEmpty()) {
            int free = pool.stocks().stream().mapToInt(PoolView.Stock::free).sum();
            int leased = pool.stocks().stream().mapToInt(PoolView.Stock::leased).sum();
            to.add(Check.healthy(
                    "pool " + pool.name(),
                    "Pool %s has %d free and %d leased VFs".formatted(pool.name(), free, leased)));
        }
    }
}
