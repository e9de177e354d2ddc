// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Policy.PoolPolicy;

/**
 * A pool of the configuration with its VFs.
 *
 * @param name its name
 * @param kind where its primaries come from
 * @param selectors which VFs belong to it; empty for an emulated pool
 * @param model the model of its emulated NICs; empty for a pool of VFs
 * @param stocks by host, in the order of the configuration; hosts that cannot be read are left out
 * @param findings problems of the pool, and one for each host that cannot be read
 */
public record PoolView(
        PoolName name,
        PrimaryKind kind,
        List<VfSelector> selectors,
        Optional<String> model,
        List<Stock> stocks,
        List<Finding> findings) {

    /**
     * {@return a pool whose VFs are unknown}
     *
     * @param pool the pool as configured
     */
    public static PoolView of(PoolPolicy pool) {
        return new PoolView(pool.name(), pool.kind(), pool.selectors(), pool.model(), List.of(), List.of());
    }

    /**
     * The VFs of a pool on one host.
     *
     * @param host the host
     * @param free number of VFs that can be leased now
     * @param leased number of VFs that are leased
     * @param other number of VFs that are in use, foreign or at fault
     */
    public record Stock(HostName host, int free, int leased, int other) {}
}
