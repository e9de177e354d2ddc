// SPDX-License-Identifier: Apache-2.0
/**
 * Who may use the REST interface and the console: passwords, sessions and tokens, and the roles of their users.
 *
 * <p>Owns the words caller, session and token. Called by the servlets; reads users from the JAAS realm. Knows neither routes nor pages.
 * Safe for use from any thread; a login blocks for the realm.
 */
package org.understudy.web.access;
