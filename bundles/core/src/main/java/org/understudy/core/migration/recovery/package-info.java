// SPDX-License-Identifier: Apache-2.0
/**
 * Completes or rolls back a migration that was running when this server stopped.
 *
 * <p>Owns the word recovery. Called by {@code migration} for each journal entry without an end. A recovery has a thread of
 * its own; it waits without a limit until both hosts answer, or until an admin cancels it.
 */
package org.understudy.core.migration.recovery;
