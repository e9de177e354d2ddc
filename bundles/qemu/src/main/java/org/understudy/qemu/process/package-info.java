// SPDX-License-Identifier: Apache-2.0
/**
 * QEMU processes and the folders they live in.
 *
 * <p>Owns the words folder (one VM's files on this machine), run record (what must survive a restart of this server)
 * and confinement (sandbox and user). A process is always named by its id together with its start time, so that a
 * reused id is never taken for a VM. Called by {@code host}; safe for use from any thread.
 */
package org.understudy.qemu.process;
