// SPDX-License-Identifier: Apache-2.0
/**
 * Writes what users have done to the log of this server.
 *
 * <p>Owns no state. Called by the interfaces through {@link org.understudy.api.AuditLog}. Safe for use from any thread.
 */
package org.understudy.core.audit;
