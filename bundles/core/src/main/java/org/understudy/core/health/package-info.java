// SPDX-License-Identifier: Apache-2.0
/**
 * Knows the health of every failover pair of every running VM.
 *
 * <p>Owns the words pair event, transition and resync. {@link org.understudy.core.health.PairHealthMachine} is the
 * pure rule; {@link org.understudy.core.health.PairHealthTracker} feeds it from hosts' events and, for a bounded time
 * after something should have happened, from asking. Called by the services that show VMs and pairs. All hosts are
 * asked on one thread of the tracker; its public methods may be called from any thread.
 */
package org.understudy.core.health;
