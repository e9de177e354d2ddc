// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.pair;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VfRequirement;
import org.understudy.api.spi.VfSettings;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;

/** Combines what a definition requires of its VFs with the settings of their pools, as a lease does. */
final class VfRequirements {
    private VfRequirements() {}

    static List<VfRequirement> of(DomainView definition, Policy policy) {
        return definition.pairs().stream()
                .filter(pair -> pair.kind() == PrimaryKind.VF)
                .map(pair -> of(pair, policy))
                .toList();
    }

    private static VfRequirement of(PairView pair, Policy policy) {
        Optional<VfSettings> settings = policy.pools().stream()
                .filter(pool -> hasVfs(pool) && pair.pool().equals(Optional.of(pool.name())))
                .findFirst()
                .map(pool -> pair.settings().with(pool.defaults()));
        return new VfRequirement(
                pair.standby(),
                pair.primary(),
                pair.mac(),
                settings.map(VfSettings::vlan).orElse(pair.vlan()),
                settings.map(set -> set.trust().orElse(false)),
                settings.map(set -> set.spoofCheck().orElse(true)));
    }

    private static boolean hasVfs(PoolPolicy pool) {
        return pool.kind() == PrimaryKind.VF && !pool.selectors().isEmpty();
    }
}
