// SPDX-License-Identifier: Apache-2.0
/**
 * What a definition means to Understudy: its NICs and its pairs.
 *
 * <p>Owns the word view. Called by the linter, the planner and the services of this bundle. All types are immutable and
 * safe for use from any thread.
 */
package org.understudy.core.definition;
