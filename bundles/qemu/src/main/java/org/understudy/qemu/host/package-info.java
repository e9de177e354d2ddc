// SPDX-License-Identifier: Apache-2.0
/**
 * Hosts of kind {@code qemu}: this machine, with QEMU processes that Understudy starts itself.
 *
 * <p>Owns the two ends of a migration, the adoption of VMs that outlived an earlier server, and the answer to what
 * became of a primary. Called by {@code org.understudy.core} through the SPI; the connector is an OSGi component, and
 * can be made with {@code new} as well. Changes of one VM run one after another; questions do not wait for them. Events
 * are delivered on one thread of each host.
 */
package org.understudy.qemu.host;
