// SPDX-License-Identifier: Apache-2.0
/**
 * Measures the network gap: how long a guest was unreachable, from packets and never from states.
 *
 * <p>Owns the words heartbeat, path and gap. A migration opens a probe before it changes anything, reads it while it runs
 * and closes it at the end. An open probe occupies one thread of a pool; every method may be called from any thread.
 * docs/heartbeat.md has the packet a guest sends.
 */
package org.understudy.core.probe;
