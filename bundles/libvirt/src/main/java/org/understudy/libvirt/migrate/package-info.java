// SPDX-License-Identifier: Apache-2.0
/**
 * The two ends of a migration that libvirt conducts, from one libvirt to the other.
 *
 * <p>Called by {@code org.understudy.libvirt.host}. libvirt blocks the call that starts a migration until it is over, so
 * that call has a thread of its own, {@code libvirt-migration VM}; everything else may be asked from any thread meanwhile.
 */
package org.understudy.libvirt.migrate;
