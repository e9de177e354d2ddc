// SPDX-License-Identifier: Apache-2.0
/**
 * Determines the capabilities of a QEMU binary by QMP queries, and whether KVM is usable by a test boot.
 *
 * <p>Terms: capability and test boot. Called when a host is opened. Each query goes to a disposable QEMU, never to a
 * VM. Safe for use from any thread; a call blocks for up to 10 s unless its result is cached.
 */
package org.understudy.qemu.probe;
