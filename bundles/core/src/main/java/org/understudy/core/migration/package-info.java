// SPDX-License-Identifier: Apache-2.0
/**
 * Takes a VM from host to host in seven steps, with a way back until the guest runs on the destination.
 *
 * <p>Owns the words run (one migration at work), trail (what both QEMUs said), way back, guard and journal. Called by
 * the faces through {@link org.understudy.api.Migrations}. Each run has a thread of its own; hosts' events are handed
 * over to it, and listeners have threads of their own. A run asks hosts through {@link
 * org.understudy.core.migration.BoundedHost}, so that each question has a deadline, and waits by the one clock {@link
 * org.understudy.core.migration.TimeSource}. Whatever a task throws ends it alone.
 *
 * <p>The guest never runs twice: {@code accept} follows only after the source's QEMU said that it has sent everything,
 * and {@code resumeOnSource} only after the receiving QEMU is proven gone.
 */
package org.understudy.core.migration;
