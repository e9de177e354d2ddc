// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.understudy.api.PairHealth;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;

/** Finds out from a host alone how the pairs of a VM are; for the first look, and after something was missed. */
record PairProber(Function<String, DomainView> views) {
    /** @param details what led to it; may be empty */
    record Seen(PairHealth health, String details) {}

    /** The pairs a VM runs with, also those that lack their primary now; none if it does not run here. */
    Map<PairView, Seen> of(Host host, VmName vm) {
        Map<PairView, Seen> seen = new LinkedHashMap<>();
        Optional<VmState> state = host.find(vm).map(HostedVm::state);
        if (state.filter(s -> s == VmState.RUNNING || s == VmState.PAUSED).isEmpty()) {
            return seen;
        }
        Optional<String> live = host.liveDefinition(vm);
        if (live.isEmpty()) {
            return seen;
        }
        DomainView stored = views.apply(host.definition(vm));
        for (PairView pair : views.apply(live.get()).pairsWith(stored)) {
            boolean kept = stored.pairs().stream().anyMatch(p -> p.primary().equals(pair.primary()));
            seen.put(
                    pair,
                    kept
                            ? of(host, vm, pair)
                            : new Seen(PairHealth.PENDING_RESTART, leftover(host.primaryPresence(vm, pair.primary()))));
        }
        return seen;
    }

    private static String leftover(PrimaryPresence presence) {
        return presence == PrimaryPresence.ABSENT
                ? "switched off; the running VM has let its primary go"
                : "switched off; the running VM still has it";
    }

    private static Seen of(Host host, VmName vm, PairView pair) {
        boolean waits = host.outgoing(vm)
                .filter(o -> o.progress().phase() == MigrationPhase.WAIT_UNPLUG)
                .isPresent();
        if (waits) {
            return new Seen(PairHealth.UNPLUGGING, "");
        }
        return switch (host.primaryPresence(vm, pair.primary())) {
            case ENABLED -> new Seen(PairHealth.ACTIVE, "");
            case PLUGGED -> new Seen(PairHealth.PARTIAL, "");
            case HIDDEN -> new Seen(PairHealth.HIDDEN, "");
            case ABSENT -> new Seen(PairHealth.ON_STANDBY, "QEMU does not have " + pair.primary());
            case UNKNOWN -> new Seen(PairHealth.PARTIAL, "QEMU did not say whether it has " + pair.primary());
        };
    }
}
