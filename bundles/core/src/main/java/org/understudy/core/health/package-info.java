// SPDX-License-Identifier: Apache-2.0
/**
 * Tracks the health of every failover pair of every running VM.
 *
 * <p>Owns the words pair event, transition and resync. {@link org.understudy.core.health.PairHealthStateMachine} is the
 * pure rule; {@link org.understudy.core.health.PairHealthTracker} feeds it with the hosts' events and, for a bounded time
 * after an expected change, by polling. Called by the services that show VMs and pairs. Events and polls of one host run
 * in order, those of different hosts in parallel; the public methods may be called from any thread.
 */
package org.understudy.core.health;
