// SPDX-License-Identifier: Apache-2.0
/**
 * Hosts of another server that runs Understudy, and this server's hosts for others.
 *
 * <p>Owns the words peer (the other server) and call (one method of {@code Host} sent to it). A peer's host is a {@code
 * Host} like any other, so a migration between two machines runs through the same code as one between two hosts of one
 * machine. Calls block for one HTTP exchange; events arrive by long polling on one thread for each host.
 */
package org.understudy.peer;
