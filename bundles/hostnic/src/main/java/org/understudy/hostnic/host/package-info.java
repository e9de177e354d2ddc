// SPDX-License-Identifier: Apache-2.0
/**
 * Inventories of the configured hosts' NICs, and the leases of their VFs.
 *
 * <p>Owns the terms NIC access (a configured host whose NICs are reachable or not) and vanished VF (a leased VF that is
 * missing). Serves {@link org.understudy.api.spi.VfPools} and {@link org.understudy.api.HostNics}. Safe for use from any
 * thread. One controller opens the accesses and reads them after changes: those of one host in order, those of different hosts
 * in parallel.
 */
package org.understudy.hostnic.host;
