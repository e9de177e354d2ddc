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
import org.understudy.core.inventory.VmReading;

/** Reads the health of the pairs of a VM from its host: for the first reading, and after events were missed. */
record PairProber(Function<String, DomainView> views) {
    /** @param details the cause; may be empty */
    record Reading(PairHealth health, String details) {}

    /** The pairs of a running VM, including those that lack their primary; none if it does not run here. */
    Map<PairView, Reading> of(Host host, VmName vm) {
        if (host.find(vm).filter(PairProber::runs).isEmpty()) {
            return Map.of();
        }
        Optional<String> live = host.liveDefinition(vm);
        return live.isEmpty() ? Map.of() : of(host, vm, views.apply(host.definition(vm)), views.apply(live.get()));
    }

    /** The same by definitions that were just read. */
    Map<PairView, Reading> of(Host host, VmReading read) {
        return runs(read.vm()) && read.configured().isPresent() && read.live().isPresent()
                ? of(
                        host,
                        read.vm().name(),
                        read.configured().get(),
                        read.live().get())
                : Map.of();
    }

    private static boolean runs(HostedVm vm) {
        return vm.state() == VmState.RUNNING || vm.state() == VmState.PAUSED;
    }

    private static Map<PairView, Reading> of(Host host, VmName vm, DomainView stored, DomainView live) {
        Map<PairView, Reading> readings = new LinkedHashMap<>();
        for (PairView pair : live.pairsWith(stored)) {
            boolean configured =
                    stored.pairs().stream().anyMatch(p -> p.primary().equals(pair.primary()));
            readings.put(
                    pair,
                    configured
                            ? of(host, vm, pair)
                            : new Reading(
                                    PairHealth.PENDING_RESTART, leftover(host.primaryPresence(vm, pair.primary()))));
        }
        return readings;
    }

    private static String leftover(PrimaryPresence presence) {
        return presence == PrimaryPresence.ABSENT
                ? "switched off; the running VM has released its primary"
                : "switched off; the running VM still has it";
    }

    private static Reading of(Host host, VmName vm, PairView pair) {
        boolean unplugging = host.outgoing(vm)
                .filter(o -> o.progress().phase() == MigrationPhase.WAIT_UNPLUG)
                .isPresent();
        if (unplugging) {
            return new Reading(PairHealth.UNPLUGGING, "");
        }
        return switch (host.primaryPresence(vm, pair.primary())) {
            case ENABLED -> new Reading(PairHealth.ACTIVE, "");
            case PLUGGED -> new Reading(PairHealth.PARTIAL, "");
            case HIDDEN -> new Reading(PairHealth.HIDDEN, "");
            case ABSENT -> new Reading(PairHealth.ON_STANDBY, "QEMU does not have " + pair.primary());
            case UNKNOWN -> new Reading(PairHealth.PARTIAL, "QEMU did not answer whether it has " + pair.primary());
        };
    }
}
