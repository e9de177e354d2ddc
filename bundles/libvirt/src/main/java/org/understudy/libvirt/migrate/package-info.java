// SPDX-License-Identifier: Apache-2.0
/**
 * Source and destination of a migration between two libvirts.
 *
 * <p>Called by {@code org.understudy.libvirt.host}. libvirt blocks the call that starts a migration until it ends, so
 * that call has a thread of the pool {@code understudy-libvirt-migrations}; all other calls may be made from any thread meanwhile.
 */
package org.understudy.libvirt.migrate;
