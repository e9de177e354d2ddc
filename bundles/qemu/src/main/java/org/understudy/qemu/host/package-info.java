// SPDX-License-Identifier: Apache-2.0
/**
 * Hosts of kind {@code qemu}: this machine, with QEMU processes that Understudy starts.
 *
 * <p>Implements source and destination of a migration, the adoption of VMs that outlived an earlier server, and the
 * state of primaries. Called by {@code org.understudy.core} through the SPI. The connector is an OSGi component, and
 * can also be created with {@code new}. Changes of one VM are serialized; queries do not wait for them. Events are
 * delivered in order for each host, on a pool that hosts share.
 */
package org.understudy.qemu.host;
