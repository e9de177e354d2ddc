// SPDX-License-Identifier: Apache-2.0
/**
 * Switches failover pairs of VMs on and off.
 *
 * <p>Joins the planner, the linter and the hosts; owns no word of its own. Called by the shell, REST and management
 * servers through {@link org.understudy.api.Pairs}. Safe for use from any thread; changes of one VM come one after the
 * other.
 */
package org.understudy.core.pair;
