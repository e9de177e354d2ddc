// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import org.understudy.api.PoolView.Stock;

/**
 * What a pool of the configuration has on one host.
 *
 * @param pool its name
 * @param stock its VFs on the host; empty if they are unknown, and for an emulated pool
 * @param findings problems of the pool on this host
 */
public record PoolShare(PoolName pool, Optional<Stock> stock, List<Finding> findings) {}
