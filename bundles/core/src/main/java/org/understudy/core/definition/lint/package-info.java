// SPDX-License-Identifier: Apache-2.0
/**
 * Checks definitions against the rules that a failover pair must satisfy (docs/rules.md).
 *
 * <p>Defines the terms rule, lint subject and lint context. Called by the pair service, provisioning and the preflight
 * of a migration. All types are safe for use from any thread; all but {@link NicFacts} are immutable.
 */
package org.understudy.core.definition.lint;
