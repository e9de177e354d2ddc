// SPDX-License-Identifier: Apache-2.0
/**
 * The hosts of the configuration, what was read of them, and on which of them each VM is.
 *
 * <p>Owns the words managed host (a host of the configuration, open or not), survey (the answers of all open hosts),
 * claim (a host that holds a VM), location (the host whose claim is trusted) and watch (a subscription to the events of
 * every open host), reading (a VM as last read), claim of a stale host (trusted least) and trouble (why a host did not
 * answer). Called by all packages of this bundle that use hosts.
 *
 * <p>Hosts are opened and closed in the background, on their own pools and never under a lock. Surveys block for the
 * hosts' answers up to a limit. Everything here is safe for use from any thread; callbacks of a watch must not block.
 */
package org.understudy.core.inventory;
