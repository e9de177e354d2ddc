// SPDX-License-Identifier: Apache-2.0
/**
 * State, journal, clock, event log and bounded calls to hosts that the steps, the recovery and the observation of
 * migrations share.
 *
 * <p>Owns the words stage, snapshot, deadline, pending unplug and rollback action. Called by {@code migration}, {@code step},
 * {@code recovery} and {@code observe}; depends on none of them. {@link
 * org.understudy.core.migration.context.MigrationContext}, {@link org.understudy.core.migration.context.SourceMonitor} and
 * {@link org.understudy.core.migration.context.RollbackStack} are used by the thread of one task; all other classes are
 * safe for use from any thread. Events never block; calls to hosts run on threads of the common executor.
 */
package org.understudy.core.migration.context;
