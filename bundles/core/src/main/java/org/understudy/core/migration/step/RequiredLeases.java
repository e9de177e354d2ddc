// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.understudy.api.Alias;
import org.understudy.api.PrimaryKind;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.HostNetworks;
import org.understudy.core.migration.context.MigrationRequest;

/** Which pairs need a VF that this server leases on the destination. The host chooses other VFs. Used by one thread. */
final class RequiredLeases {
    private final MigrationRequest request;
    /** Read once: the choice of what is leased must not change during the migration. */
    private Optional<HostFacts> destinationFacts = Optional.empty();

    RequiredLeases(MigrationRequest request) {
        this.request = request;
    }

    /** May block for the facts of the destination. */
    boolean include(PairView pair) {
        return pair.kind() == PrimaryKind.VF
                && request.policy().pools().stream()
                        .anyMatch(pool -> pair.pool().equals(Optional.of(pool.name())))
                && !HostNetworks.serve(pair, request.policy(), destinationFacts());
    }

    private HostFacts destinationFacts() {
        if (destinationFacts.isEmpty()) {
            destinationFacts = Optional.of(request.destination().facts());
        }
        return destinationFacts.get();
    }

    /** The primaries that arrive without their VF, as none was free. */
    Set<Alias> missing(List<PairView> pairs, List<Lease> leases) {
        return pairs.stream()
                .filter(pair -> leases.stream().noneMatch(l -> l.primary().equals(pair.primary())) && include(pair))
                .map(PairView::primary)
                .collect(Collectors.toUnmodifiableSet());
    }
}
