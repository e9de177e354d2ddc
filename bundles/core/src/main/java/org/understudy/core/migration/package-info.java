// SPDX-License-Identifier: Apache-2.0
/**
 * Migrates a VM in seven steps, with a rollback until the guest runs on the destination.
 *
 * <p>Owns the words migration, task and outcome. Clients call it through {@link org.understudy.api.Migrations}. Each
 * migration has a thread of its own and waits in one place, {@link
 * org.understudy.core.migration.context.MigrationEvents}; listeners have threads of their own. Queries of hosts have a
 * deadline on the clock of the {@link org.understudy.concurrent.Scheduler}. An exception in a task ends that
 * task alone.
 *
 * <p>No split brain: {@code accept} follows only after the source QEMU has reported completion, and {@code resumeOnSource}
 * only after the destination QEMU has provably ended.
 */
package org.understudy.core.migration;
