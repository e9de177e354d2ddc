// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolView.Stock;

/**
 * What a pool of the configuration has on one host.
 *
 * @param pool its name
 * @param stock its VFs on the host; empty if they are unknown, and for an emulated pool
 * @param findings problems of the pool on this host
 */
public record PoolShare(PoolName pool, Optional<Stock> stock, List<Finding> findings) {
    /**
     * {@return a pool with what it has on each host}
     *
     * @param pool the pool as configured
     * @param shares its shares, in the order of the hosts of the configuration
     */
    public static PoolView total(PoolPolicy pool, List<PoolShare> shares) {
        if (pool.kind() != PrimaryKind.VF) {
            return PoolView.of(pool);
        }
        List<Stock> stocks =
                shares.stream().flatMap(share -> share.stock().stream()).toList();
        List<Finding> findings = new ArrayList<>();
        shares.forEach(share -> findings.addAll(share.findings()));
        boolean empty = stocks.stream().allMatch(s -> s.free() + s.leased() + s.other() == 0);
        if (empty && !stocks.isEmpty()) {
            findings.add(Finding.of(
                    FindingCode.POOL_WITHOUT_VFS,
                    "pool " + pool.name(),
                    "Pool " + pool.name() + " has no VF on any host: no VF matches "
                            + pool.selectors().stream().map(VfSelector::text).collect(Collectors.joining(", ")),
                    "Compare its selectors with the output of understudy:vf-list, or create VFs on the PF."));
        }
        return new PoolView(pool.name(), pool.kind(), pool.selectors(), pool.model(), stocks, List.copyOf(findings));
    }
}
