// SPDX-License-Identifier: Apache-2.0
/**
 * Stores migrations, actions of users and findings, and answers queries about them.
 *
 * <p>Implements {@code History} and {@code AuditLog}. Rows go through a bounded buffer in memory ({@link
 * org.understudy.history.WriteBuffer}) to one thread ({@link org.understudy.history.HistoryWriter}), so that no caller ever waits
 * for the store. Queries run on threads of their own, with a deadline.
 */
package org.understudy.history;
