// SPDX-License-Identifier: Apache-2.0
/**
 * Brings news from hosts in and pictures to listeners out.
 *
 * <p>Owns the words watch (a subscription to every open host) and broadcast (delivery that a slow listener cannot
 * slow). Called by the health and the migration package. Everything here is safe for use from any thread.
 */
package org.understudy.core.watch;
