// SPDX-License-Identifier: Apache-2.0
/**
 * Events of a host managed by libvirt: libvirt's own and those of QEMU's monitor, as events of the SPI.
 *
 * <p>Called by {@code org.understudy.libvirt.host}. Callbacks run on libvirt's thread and only hand off; consumers are
 * called in order, on a pool that all hosts share.
 */
package org.understudy.libvirt.event;
