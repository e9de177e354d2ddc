// SPDX-License-Identifier: Apache-2.0
/**
 * Reads libvirt domain XML, whoever wrote it, and changes it without touching a byte that need not change.
 *
 * <p>Owns the words document, edit and view. Called by the linter, the planner and the services of this bundle. All
 * types are immutable and safe for use from any thread.
 */
package org.understudy.core.domain;
