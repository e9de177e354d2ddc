// SPDX-License-Identifier: Apache-2.0
/**
 * Checks this server and its hosts, and reports what is wrong and what is not.
 *
 * <p>Owns the word check. Called by the shell and REST through {@link org.understudy.api.Doctor}. Reads only. Safe for
 * use from any thread; blocks for the answers of all hosts.
 */
package org.understudy.core.doctor;
