// SPDX-License-Identifier: Apache-2.0
/**
 * The NICs of the hosts of the configuration, kept up to date, and the leases of their VFs.
 *
 * <p>Owns the words slot (a host of the configuration whose NICs are reached, or not) and ghost (a leased VF that is
 * gone). Serves {@link org.understudy.api.spi.VfPools} and {@link org.understudy.api.HostNics}. Safe for use from any
 * thread; each slot opens, reads and watches on a thread of its own.
 */
package org.understudy.hostnic.host;
