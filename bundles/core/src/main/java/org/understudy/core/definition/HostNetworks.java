// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts;
import org.understudy.core.definition.DomainView.PairView;

/**
 * VF networks of the libvirt of a host. A pool of the configuration takes precedence over a network of the same name,
 * unless the pool is configured with {@code network}. Understudy neither leases nor configures VFs of such a network.
 */
public final class HostNetworks {
    private HostNetworks() {}

    /** The configuration with these networks as pools without selectors. */
    public static Policy asPools(Policy policy, HostFacts host) {
        List<PoolPolicy> pools = new ArrayList<>(policy.pools());
        host.vfNetworks().stream()
                .flatMap(network -> name(network).stream())
                .filter(name -> !isConfigured(policy, name))
                .forEach(name -> pools.add(new PoolPolicy(name, PrimaryKind.VF, List.of(), Optional.empty())));
        return new Policy(
                policy.hosts(),
                List.copyOf(pools),
                policy.networkPools(),
                policy.deadlines(),
                policy.requireVf(),
                policy.strategy(),
                policy.allowEmulatedPrimary(),
                policy.settle(),
                policy.probes(),
                policy.access(),
                policy.migrationsAtOnce());
    }

    private static Optional<PoolName> name(String network) {
        try {
            return Optional.of(new PoolName(network));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }

    private static boolean isConfigured(Policy policy, PoolName name) {
        return policy.pools().stream().anyMatch(pool -> pool.name().equals(name));
    }

    /** Whether the libvirt of the host selects the VF of a pair. */
    public static boolean serve(PairView pair, Policy policy, HostFacts host) {
        return pair.kind() == PrimaryKind.VF
                && pair.vf().isEmpty()
                && pair.pool()
                        .filter(pool ->
                                !isLeasedHere(policy, pool) && host.vfNetworks().contains(pool.value()))
                        .isPresent();
    }

    private static boolean isLeasedHere(Policy policy, PoolName name) {
        return policy.pools().stream()
                .anyMatch(pool -> pool.name().equals(name) && !pool.network().orElse(false));
    }
}
