// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.understudy.api.Alias;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.VmState;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;

/** The API view of the pairs of a VM: those of the stored definition, then those that only the running VM has. */
public final class ShownPairs {
    private ShownPairs() {}

    /**
     * Never blocks.
     *
     * @param live empty if the VM does not run
     * @param tracked the pair with its observed health, by its primary; empty if that is unknown
     * @param unknown shows a pair of the running VM whose health is unknown
     */
    public static List<Pair> of(
            DomainView configured,
            Optional<DomainView> live,
            VmState state,
            Function<Alias, Optional<Pair>> tracked,
            Function<PairView, Pair> unknown) {
        if (live.isEmpty() || state == VmState.SHUTOFF || state == VmState.INCOMING) {
            return configured.pairs().stream()
                    .map(p -> pair(p, PairHealth.OFF, ""))
                    .toList();
        }
        List<Pair> shown = new ArrayList<>();
        for (PairView p : configured.pairs()) {
            shown.add(
                    live.get().carries(p)
                            ? tracked.apply(p.primary()).orElseGet(() -> unknown.apply(p))
                            : pair(p, PairHealth.PENDING_RESTART, "switched on; the running VM does not have it"));
        }
        live.get().pairs().stream()
                .filter(p -> configured.pairs().stream().noneMatch(p::isSameAs))
                .map(p -> tracked.apply(p.primary())
                        .filter(known -> known.health() == PairHealth.PENDING_RESTART)
                        .orElseGet(
                                () -> pair(p, PairHealth.PENDING_RESTART, "switched off; the running VM still has it")))
                .forEach(shown::add);
        return List.copyOf(shown);
    }

    /** A pair with this health. */
    public static Pair pair(PairView p, PairHealth health, String details) {
        return new Pair(p.standby(), p.primary(), p.mac(), p.pool(), p.kind(), health, details);
    }
}
