// SPDX-License-Identifier: Apache-2.0
/**
 * Connects to hosts of other servers that run Understudy, and serves the hosts of this server to them.
 *
 * <p>Owns the words peer (the other server), call (one method of {@code Host} sent to it) and protocol version. The host
 * of a peer is a {@code Host} like any other, so that a migration between two servers uses the same code as one between two
 * hosts of one server. Calls block for one HTTP request; events arrive by long polling, which blocks no
 * thread, and are delivered in order for each host.
 *
 * <p>Every request and response has the header {@code Understudy-Peer-Protocol} with the sender's version, which the
 * other end checks: the versions of two servers may differ by at most one. A server without the header counts as version 0.
 * So a fleet is upgraded server by server, one version at a time, in any order.
 */
package org.understudy.peer;
