// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;

/** What was read of one host, from which its part of the inventory is made. Guarded by the lock of the inventory. */
final class HostContents {
    private final HostName name;
    private final HostReachability reachability;
    private final Map<VmName, Map<Alias, Pair>> tracked = new HashMap<>();
    private Map<VmName, VmReading> readings = Map.of();
    private Map<VmName, Vm> vms = new LinkedHashMap<>();
    private Optional<HostFacts> facts = Optional.empty();
    private Optional<NicInventory> nics = Optional.empty();

    HostContents(HostName name) {
        this.name = name;
        this.reachability = new HostReachability(name);
    }

    /** The facts of a host that was opened again may be others, such as after a change of its options. */
    void follow(Optional<Host> open, Instant at) {
        if (reachability.follow(open, at)) {
            facts = Optional.empty();
        }
    }

    HostReachability reachability() {
        return reachability;
    }

    /** Whether its facts were read, or the host did not answer. */
    boolean hasFacts() {
        return facts.isPresent() || reachability.anyTrouble().isPresent();
    }

    Collection<Vm> vms() {
        return vms.values();
    }

    Optional<NicInventory> nics() {
        return nics;
    }

    void nics(Optional<NicInventory> now) {
        nics = now;
    }

    Optional<HostFacts> facts() {
        return facts;
    }

    /** @param why why the host did not report them; empty if it did */
    void facts(Optional<HostFacts> now, Optional<UnansweredHost> why) {
        facts = now.or(() -> facts);
        reachability.factsRead(why);
    }

    /** @param why empty if all VMs were read */
    void read(Map<VmName, VmReading> now, Optional<UnansweredHost> why, Instant at) {
        // A host that was opened again, and has not listed its VMs, keeps those that it had.
        if (why.isEmpty() || !now.isEmpty()) {
            replace(now);
        }
        why.ifPresentOrElse(reason -> reachability.lost(reason, !vms.isEmpty(), at), reachability::answered);
    }

    private void replace(Map<VmName, VmReading> now) {
        readings = now;
        Map<VmName, Vm> before = vms;
        vms = new LinkedHashMap<>();
        now.forEach((vm, reading) -> vms.put(vm, unchanged(before.get(vm), view(vm, reading))));
        tracked.keySet().retainAll(now.keySet());
    }

    /** Keeps what is equal, so that it is not compared again. */
    private static Vm unchanged(Vm before, Vm now) {
        return now.equals(before) ? before : now;
    }

    /** @param now empty if the host no longer has the VM */
    void read(VmName vm, Optional<VmReading> now) {
        readings = new LinkedHashMap<>(readings);
        vms = new LinkedHashMap<>(vms);
        if (now.isPresent()) {
            readings.put(vm, now.get());
            vms.put(vm, view(vm, now.get()));
        } else {
            readings.remove(vm);
            vms.remove(vm);
            tracked.remove(vm);
        }
    }

    /** Returns whether the VM changes by that. */
    boolean pair(VmName vm, Alias primary, Optional<Pair> now) {
        Map<Alias, Pair> pairs = tracked.computeIfAbsent(vm, v -> new HashMap<>());
        now.ifPresentOrElse(pair -> pairs.put(primary, pair), () -> pairs.remove(primary));
        if (pairs.isEmpty()) {
            tracked.remove(vm);
        }
        Optional<Vm> changed = Optional.ofNullable(readings.get(vm))
                .map(reading -> view(vm, reading))
                .filter(view -> !view.equals(vms.get(vm)));
        changed.ifPresent(view -> vms.put(vm, view));
        return changed.isPresent();
    }

    private Vm view(VmName vm, VmReading reading) {
        Map<Alias, Pair> pairs = tracked.getOrDefault(vm, Map.of());
        return new Vm(
                vm,
                reading.vm().uuid(),
                name,
                reading.vm().state(),
                reading.configured().map(view -> view.nics()).orElse(List.of()),
                reading.configured()
                        .map(view -> ShownPairs.of(
                                view,
                                reading.live(),
                                reading.vm().state(),
                                primary -> Optional.ofNullable(pairs.get(primary)),
                                pair -> ShownPairs.pair(pair, PairHealth.PARTIAL, "its state is being read")))
                        .orElse(List.of()));
    }

    HostEntry entry(HostView view) {
        return new HostEntry(
                view,
                reachability.staleSince(),
                nics.filter(NicInventory::available).isPresent(),
                nics.map(NicInventory::access).orElse("none"),
                nics.map(NicInventory::pfs).orElse(List.of()),
                nics.map(NicInventory::findings).orElse(List.of()));
    }
}
