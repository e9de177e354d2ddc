// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the NICs and pairs of a domain definition.
 *
 * <p>Called by the linter, the editor and the services of this bundle. All types are immutable and safe for use from any
 * thread.
 */
package org.understudy.core.definition;
