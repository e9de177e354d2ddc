// SPDX-License-Identifier: Apache-2.0
/**
 * The seven steps of a migration, the rollback actions they push, and the outcome they lead to. Each step returns what it
 * adds, and takes what it needs of earlier ones: {@link org.understudy.core.migration.step.Prepared}, {@link
 * org.understudy.core.migration.step.Sending}, {@link org.understudy.core.migration.step.Arrived}.
 *
 * <p>Owns the words step, strategy and rollback. Called by {@code migration}, which runs the steps in order, and by {@code
 * recovery}, which runs the last ones and the rollback. All methods run on the thread of one task and block for hosts and
 * guests, within the deadlines of the policy.
 */
package org.understudy.core.migration.step;
