// SPDX-License-Identifier: Apache-2.0
/**
 * Finds out what a QEMU binary can do, by asking it, and whether KVM really runs a guest, by running one.
 *
 * <p>Owns the words capability and boot proof. Called when a host is opened. Every question goes to a QEMU that is
 * started for it and thrown away, never to a VM. Safe for use from any thread; a call blocks for up to 10 s unless its
 * answer is cached.
 */
package org.understudy.qemu.probe;
