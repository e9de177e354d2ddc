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
    private final Map<VmName, Map<Alias, Pair>> tracked = new HashMap<>();
    private Map<VmName, VmReading> readings = Map.of();
    private Map<VmName, Vm> vms = new LinkedHashMap<>();
    private Optional<HostFacts> facts = Optional.empty();
    private Optional<UnansweredHost> trouble = Optional.empty();
    private Optional<UnansweredHost> factsTrouble = Optional.empty();
    private Optional<Instant> staleSince = Optional.empty();
    private Optional<NicInventory> nics = Optional.empty();
    private Optional<Host> host = Optional.empty();
    private boolean followed;
    private boolean read;
    private boolean answered;

    HostContents(HostName name) {
        this.name = name;
    }

    /** Whether its VMs were read, or the host did not answer. */
    boolean isRead() {
        return read || trouble.isPresent();
    }

    /** Whether its facts were read, or the host did not answer. */
    boolean hasFacts() {
        return facts.isPresent() || factsTrouble.isPresent() || trouble.isPresent();
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

    void facts(Optional<HostFacts> now, Optional<UnansweredHost> why) {
        facts = now.or(() -> facts);
        factsTrouble = why;
    }

    /** Why the host does not answer, or does not report its facts. */
    Optional<UnansweredHost> anyTrouble() {
        return trouble.or(() -> factsTrouble);
    }

    /** Why its VMs are unknown or stale; empty while they are current. */
    Optional<UnansweredHost> trouble() {
        return answered
                ? trouble
                : Optional.of(
                        trouble.orElseGet(() -> new UnansweredHost(name, "has not been read yet", Optional.empty())));
    }

    /** @param why empty if all VMs were read */
    void read(Map<VmName, VmReading> now, Optional<UnansweredHost> why, Instant at) {
        readings = now;
        Map<VmName, Vm> before = vms;
        vms = new LinkedHashMap<>();
        now.forEach((vm, reading) -> vms.put(vm, unchanged(before.get(vm), view(vm, reading))));
        tracked.keySet().retainAll(now.keySet());
        read = true;
        if (why.isEmpty()) {
            answered = true;
            trouble = Optional.empty();
            staleSince = Optional.empty();
        } else {
            lost(why.get(), at);
        }
    }

    private void lost(UnansweredHost why, Instant at) {
        trouble = Optional.of(why);
        if (answered) {
            staleSince = staleSince.or(() -> Optional.of(at));
        }
    }

    /** What was read of a host that is closed is stale, and one that was opened again is read anew. */
    void follow(Optional<Host> open, Instant at) {
        if (followed && open.equals(host)) {
            return;
        }
        followed = true;
        host = open;
        if (open.isEmpty()) {
            lost(new UnansweredHost(name, "is not open", Optional.empty()), at);
            return;
        }
        read = false;
        answered = false;
        trouble = Optional.empty();
        factsTrouble = Optional.empty();
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
                staleSince,
                nics.filter(NicInventory::available).isPresent(),
                nics.map(NicInventory::access).orElse("none"),
                nics.map(NicInventory::pfs).orElse(List.of()),
                nics.map(NicInventory::findings).orElse(List.of()));
    }
}
