// SPDX-License-Identifier: Apache-2.0
/**
 * Looks at this server and its hosts and says what is wrong and what is well.
 *
 * <p>Owns the word check. Called by the shell and REST through {@link org.understudy.api.Doctor}. Reads only. Safe for
 * use from any thread; blocks for the answers of all hosts.
 */
package org.understudy.core.doctor;
