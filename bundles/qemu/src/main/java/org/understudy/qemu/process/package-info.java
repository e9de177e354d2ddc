// SPDX-License-Identifier: Apache-2.0
/**
 * Starts and tracks QEMU processes, and stores the files of each VM.
 *
 * <p>Terms: VM folder (the files of one VM on this machine), run record (the state that survives a restart of the
 * server) and sandbox (user and seccomp filter of QEMU). A process is identified by its id and its start time, so that
 * a reused id is never mistaken for a VM. Called by {@code host}; safe for use from any thread.
 */
package org.understudy.qemu.process;
