// SPDX-License-Identifier: Apache-2.0
/**
 * Hosts of another server that runs Understudy, and this server's hosts for others.
 *
 * <p>Owns the words peer (the other server), call (one method of {@code Host} sent to it) and protocol version. A peer's
 * host is a {@code Host} like any other, so a migration between two machines runs through the same code as one between
 * two hosts of one machine. Calls block for one HTTP exchange; events arrive by long polling on one thread for each
 * host.
 *
 * <p>Every request and response has the header {@code Understudy-Peer-Protocol} with the sender's version, and each end
 * checks the other's: two servers work together if their versions differ by at most one. A server without the header
 * counts as version 0. So a fleet is upgraded server by server, one version at a time, in any order.
 */
package org.understudy.peer;
