// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;
import java.util.Set;

/**
 * A request for a pair.
 *
 * @param nic the NIC that becomes the standby
 * @param pool where the primary comes from; empty: the pool that the configuration maps to the NIC's network
 * @param form how the primary is written; empty: {@link PrimaryForm#POOL_NETWORK}, or as an existing pair has it
 * @param vf the VF for the two forms with an address; empty: a free VF of the pool
 * @param consents accepted risks
 */
public record PairRequest(
        NicSelector nic,
        Optional<PoolName> pool,
        Optional<PrimaryForm> form,
        Optional<PciAddress> vf,
        Set<Consent> consents) {}
