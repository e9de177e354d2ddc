// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;

/**
 * A failover pair of one VM.
 *
 * @param standby alias of the standby NIC
 * @param primary alias of the primary
 * @param mac the MAC address of both
 * @param pool the pool the primary comes from, if it comes from one
 * @param kind whether the primary is a VF or an emulated NIC
 * @param health its health now
 * @param details the cause of this health; empty if there is nothing to add to {@link PairHealth#cause()}
 * @param guest whether the guest cooperates; empty if it was not requested, as in lists, and while the VM is off
 */
public record Pair(
        Alias standby,
        Alias primary,
        MacAddress mac,
        Optional<PoolName> pool,
        PrimaryKind kind,
        PairHealth health,
        String details,
        Optional<Cooperation> guest) {
    /**
     * A pair without the guest's evidence.
     *
     * @param standby alias of the standby NIC
     * @param primary alias of the primary
     * @param mac the MAC address of both
     * @param pool the pool the primary comes from, if it comes from one
     * @param kind whether the primary is a VF or an emulated NIC
     * @param health its health now
     * @param details the cause of this health; empty if there is nothing to add to {@link PairHealth#cause()}
     */
    public Pair(
            Alias standby,
            Alias primary,
            MacAddress mac,
            Optional<PoolName> pool,
            PrimaryKind kind,
            PairHealth health,
            String details) {
        this(standby, primary, mac, pool, kind, health, details, Optional.empty());
    }

    /**
     * {@return the same pair with the guest's evidence}
     *
     * @param shown whether the guest cooperates
     */
    public Pair with(Cooperation shown) {
        return new Pair(standby, primary, mac, pool, kind, health, details, Optional.of(shown));
    }
}
