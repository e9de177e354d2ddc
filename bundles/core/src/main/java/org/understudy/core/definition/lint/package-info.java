// SPDX-License-Identifier: Apache-2.0
/**
 * Judges definitions: the seventeen rules that a failover pair must satisfy (docs/rules.md).
 *
 * <p>Owns the words rule, case and context. Called by the pair service, the planner and the preflight of a migration. All
 * types are immutable and safe for use from any thread.
 */
package org.understudy.core.definition.lint;
