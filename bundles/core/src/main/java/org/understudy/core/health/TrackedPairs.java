// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.spi.Host;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.inventory.PairObserver;

/** The pairs of all running VMs. For any thread, except that tasks of a host add, change and remove its pairs. */
final class TrackedPairs {
    private final BiConsumer<PairKey, PairChanged> changed;
    private final PairObserver observer;
    /** By host and VM, as a fleet has tens of thousands of pairs and most calls are for one VM or one host. */
    private final Map<HostName, Map<VmKey, Map<Alias, TrackedPair>>> pairs = new HashMap<>();

    /**
     * @param changed receives each change of health
     * @param observer receives each change of a pair, also of its details
     */
    TrackedPairs(BiConsumer<PairKey, PairChanged> changed, PairObserver observer) {
        this.changed = changed;
        this.observer = observer;
    }

    synchronized Optional<TrackedPair> find(PairKey key) {
        return Optional.ofNullable(ofVm(key.vm()).get(key.primary()));
    }

    private Map<Alias, TrackedPair> ofVm(VmKey vm) {
        return pairs.getOrDefault(vm.host(), Map.of()).getOrDefault(vm, Map.of());
    }

    boolean has(VmKey vm) {
        return !of(vm).isEmpty();
    }

    synchronized List<PairKey> of(VmKey vm) {
        return ofVm(vm).keySet().stream()
                .map(primary -> new PairKey(vm, primary))
                .toList();
    }

    synchronized List<PairKey> of(HostName host) {
        return pairs.getOrDefault(host, Map.of()).keySet().stream()
                .flatMap(vm -> of(vm).stream())
                .toList();
    }

    /** Running VMs with a pair that lacks its primary. */
    synchronized List<VmKey> withoutPrimary() {
        return pairs.values().stream()
                .flatMap(onHost -> onHost.entrySet().stream())
                .filter(e -> e.getValue().values().stream().anyMatch(TrackedPair::lacksPrimary))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Every pair with its present health. */
    synchronized List<PairChanged> all() {
        return pairs.keySet().stream()
                .flatMap(host -> of(host).stream())
                .flatMap(key -> find(key).stream()
                        .map(pair -> new PairChanged(key.vm().vm(), key.vm().host(), pair.health(), pair.shown())))
                .toList();
    }

    /** The names of the VMs with running pairs on a host, by the MAC addresses of their pairs. */
    synchronized Map<MacAddress, Set<String>> macUsers(HostName host) {
        Map<MacAddress, Set<String>> users = new HashMap<>();
        of(host).forEach(key -> find(key)
                .ifPresent(pair -> users.computeIfAbsent(pair.view().mac(), mac -> new HashSet<>())
                        .add(key.vm().vm().value())));
        return users;
    }

    /** The pair of that key, with a new view; a new one if it was not tracked on this host. */
    synchronized TrackedPair track(PairKey key, Host host, PairView view) {
        return pairs.computeIfAbsent(key.vm().host(), name -> new HashMap<>())
                .computeIfAbsent(key.vm(), vm -> new HashMap<>())
                .compute(
                        key.primary(),
                        (primary, old) ->
                                old != null && old.host() == host ? old.with(view) : new TrackedPair(host, view));
    }

    private void observe(PairKey key, Optional<Pair> now) {
        observer.onPair(key.vm().host(), key.vm().vm(), key.primary(), now);
    }

    /** Publishes the health if it changes. */
    void setHealth(PairKey key, TrackedPair pair, PairHealth health, String details) {
        PairHealth from = pair.health();
        pair.setHealth(health, details);
        observe(key, Optional.of(pair.shown()));
        if (from != health) {
            changed.accept(key, new PairChanged(key.vm().vm(), key.vm().host(), from, pair.shown()));
        }
    }

    /** Sets the details of a pair that lacks its primary. */
    void annotate(PairKey key, TrackedPair pair, String note) {
        pair.annotate(note);
        observe(key, Optional.of(pair.shown()));
    }

    /** Publishes that the pair is off. */
    void forget(PairKey key) {
        find(key).ifPresent(pair -> setHealth(key, pair, PairHealth.OFF, ""));
        synchronized (this) {
            pairs.computeIfPresent(key.vm().host(), (host, onHost) -> {
                onHost.computeIfPresent(key.vm(), (vm, tracked) -> {
                    tracked.remove(key.primary());
                    return tracked.isEmpty() ? null : tracked;
                });
                return onHost.isEmpty() ? null : onHost;
            });
        }
        observe(key, Optional.empty());
    }
}
