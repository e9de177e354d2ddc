// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.InventoryChange;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolShare;
import org.understudy.api.Revised;
import org.understudy.api.VfView;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.VmState;

/**
 * The objects of the inventory. Compares each with its new value and publishes the changes in the order of their revisions.
 * A change compares one host only, and the claims of other hosts to its VMs. Safe for use from any thread; never blocks.
 */
final class FleetState {
    private final Map<HostName, HostPart> parts = new LinkedHashMap<>();
    /** Each host that holds a VM, listed there or not. */
    private final Map<Identity, Map<HostName, Vm>> claims = new HashMap<>();

    private final Map<HostName, Set<Identity>> claimed = new HashMap<>();
    private final Consumer<InventoryChange> changed;
    private List<PoolPolicy> pools = List.of();
    private Optional<FleetSnapshot> latest = Optional.empty();
    private long revision;

    /** A VM on any host. A copy with another name is another VM. */
    private record Identity(VmName name, UUID uuid) {
        static Identity of(Vm vm) {
            return new Identity(vm.name(), vm.uuid());
        }
    }

    /** @param changed receives each change, under the lock of this object; must hand off at once */
    FleetState(Consumer<InventoryChange> changed) {
        this.changed = changed;
    }

    synchronized FleetSnapshot snapshot() {
        if (latest.isEmpty()) {
            latest = Optional.of(new FleetSnapshot(revision, new LinkedHashMap<>(parts), pools));
        }
        return latest.get();
    }

    private long next() {
        latest = Optional.empty();
        return ++revision;
    }

    /** Sets the order of the hosts and the pools of the configuration, and drops other hosts. */
    synchronized void configure(List<HostName> hosts, List<PoolPolicy> configured) {
        Set<HostName> removed = new HashSet<>(parts.keySet());
        hosts.forEach(removed::remove);
        removed.forEach(this::remove);
        Map<HostName, HostPart> before = new HashMap<>(parts);
        parts.clear();
        hosts.forEach(host -> Optional.ofNullable(before.get(host)).ifPresent(part -> parts.put(host, part)));
        pools = List.copyOf(configured);
        latest = Optional.empty();
    }

    private void remove(HostName host) {
        setVms(host, List.of());
        setVfs(host, List.of());
        setPools(host, List.of());
        claimed.remove(host);
        if (parts.remove(host) != null) {
            changed.accept(new InventoryChange.HostChanged(next(), host, Optional.empty()));
        }
    }

    /** @param trouble why the VMs of the host are unknown or stale; empty if they are current */
    synchronized void setHost(HostEntry entry, Optional<UnansweredHost> trouble) {
        HostName host = entry.view().name();
        Optional<HostPart> before = Optional.ofNullable(parts.get(host));
        boolean same = before.filter(part -> part.entry().value().equals(entry)).isPresent();
        if (same && before.get().trouble().equals(trouble)) {
            return;
        }
        boolean wasStale = before.filter(HostPart::isStale).isPresent();
        long now = same ? before.get().entry().revision() : next();
        latest = Optional.empty();
        Revised<HostEntry> revised = new Revised<>(now, entry);
        parts.put(
                host,
                before.map(part -> part.with(revised, trouble))
                        .orElseGet(() -> new HostPart(revised, trouble, Map.of(), Map.of(), Map.of())));
        if (!same) {
            changed.accept(new InventoryChange.HostChanged(now, host, Optional.of(entry)));
        }
        if (wasStale != entry.staleSince().isPresent()) {
            claimed.getOrDefault(host, Set.of()).forEach(vm -> list(vm, Set.of()));
        }
    }

    /** Sets the VMs that a host holds, in any state. The host must be known. */
    synchronized void setVms(HostName host, Collection<Vm> vms) {
        Map<Identity, Vm> after = new LinkedHashMap<>();
        vms.forEach(vm -> after.put(Identity.of(vm), vm));
        Set<Identity> affected = new LinkedHashSet<>();
        after.forEach((identity, vm) -> {
            Map<HostName, Vm> holders = claims.getOrDefault(identity, Map.of());
            if (!vm.equals(holders.get(host))) {
                affected.add(identity);
                claims.put(identity, with(holders, host, vm));
            }
        });
        for (Identity former : claimed.getOrDefault(host, Set.of())) {
            if (!after.containsKey(former)) {
                affected.add(former);
                claims.computeIfPresent(former, (identity, holders) -> {
                    Map<HostName, Vm> others = without(holders, host);
                    return others.isEmpty() ? null : others;
                });
            }
        }
        claimed.put(host, Set.copyOf(after.keySet()));
        affected.forEach(identity -> list(identity, Set.of(host)));
    }

    /** Almost every VM has one holder, for which a small map is enough. */
    private static Map<HostName, Vm> with(Map<HostName, Vm> holders, HostName host, Vm vm) {
        if (holders.isEmpty() || holders.size() == 1 && holders.containsKey(host)) {
            return Map.of(host, vm);
        }
        Map<HostName, Vm> more = new LinkedHashMap<>(holders);
        more.put(host, vm);
        return more;
    }

    private static Map<HostName, Vm> without(Map<HostName, Vm> holders, HostName host) {
        Map<HostName, Vm> others = new LinkedHashMap<>(holders);
        others.remove(host);
        return others.size() > 1 ? others : Map.copyOf(others);
    }

    /** Lists a VM on the hosts whose claims are trusted. It appears on one host before it disappears from another. */
    private void list(Identity identity, Set<HostName> former) {
        Map<HostName, Vm> holders = claims.getOrDefault(identity, Map.of());
        int best = holders.entrySet().stream()
                .filter(claim -> claim.getValue().state() != VmState.INCOMING)
                .mapToInt(claim -> rank(claim.getKey(), claim.getValue()))
                .min()
                .orElse(Integer.MAX_VALUE);
        Set<HostName> unlisted = new HashSet<>(former);
        holders.forEach((host, vm) -> {
            if (vm.state() != VmState.INCOMING && rank(host, vm) == best) {
                unlisted.remove(host);
                show(host, identity, Optional.of(vm));
            } else {
                unlisted.add(host);
            }
        });
        unlisted.forEach(host -> show(host, identity, Optional.empty()));
    }

    /** What a host reported before it was lost is trusted least. */
    private int rank(HostName host, Vm vm) {
        boolean stale =
                Optional.ofNullable(parts.get(host)).filter(HostPart::isStale).isPresent();
        return VmLocator.rank(vm.state()) + (stale ? VmState.values().length : 0);
    }

    private void show(HostName host, Identity identity, Optional<Vm> now) {
        HostPart part = parts.get(host);
        if (part == null) {
            return;
        }
        UUID uuid = identity.uuid();
        Optional<Vm> before = Optional.ofNullable(part.vms().get(uuid)).map(Revised::value);
        boolean wasRenamed = now.isEmpty()
                && before.filter(vm -> !vm.name().equals(identity.name())).isPresent();
        if (!before.equals(now) && !wasRenamed) {
            long at = next();
            Map<UUID, Revised<Vm>> vms = new HashMap<>(part.vms());
            now.ifPresentOrElse(vm -> vms.put(uuid, new Revised<>(at, vm)), () -> vms.remove(uuid));
            parts.put(host, part.withVms(vms));
            changed.accept(new InventoryChange.VmChanged(at, host, uuid, now));
        }
    }

    /** The hosts that hold a VM of this address, listed there or not. */
    synchronized List<HostName> holders(VmAddress vm) {
        return claims.values().stream()
                .flatMap(holders -> holders.values().stream())
                .filter(held -> vm.matches(held.host(), held.name().value(), held.uuid()))
                .map(Vm::host)
                .distinct()
                .toList();
    }

    /** Sets the VFs of a host. The host must be known. */
    synchronized void setVfs(HostName host, Collection<VfView> vfs) {
        HostPart part = parts.get(host);
        if (part != null) {
            parts.put(
                    host,
                    part.withVfs(replace(
                            part.vfs(),
                            vfs,
                            VfView::address,
                            (at, address, now) ->
                                    changed.accept(new InventoryChange.VfChanged(at, host, address, now)))));
        }
    }

    /** Sets the shares of the pools on a host. The host must be known. */
    synchronized void setPools(HostName host, Collection<PoolShare> shares) {
        HostPart part = parts.get(host);
        if (part != null) {
            parts.put(
                    host,
                    part.withPools(replace(
                            part.pools(),
                            shares,
                            PoolShare::pool,
                            (at, pool, now) -> changed.accept(new InventoryChange.PoolChanged(at, host, pool, now)))));
        }
    }

    @FunctionalInterface
    private interface Announcement<K, V> {
        void accept(long at, K key, Optional<V> now);
    }

    private <K, V> Map<K, Revised<V>> replace(
            Map<K, Revised<V>> before, Collection<V> values, Function<V, K> keys, Announcement<K, V> announcement) {
        Map<K, Revised<V>> after = new LinkedHashMap<>();
        for (V value : values) {
            K key = keys.apply(value);
            Revised<V> old = before.get(key);
            if (old != null && old.value().equals(value)) {
                after.put(key, old);
            } else {
                Revised<V> fresh = new Revised<>(next(), value);
                after.put(key, fresh);
                announcement.accept(fresh.revision(), key, Optional.of(value));
            }
        }
        before.keySet().stream()
                .filter(key -> !after.containsKey(key))
                .forEach(key -> announcement.accept(next(), key, Optional.empty()));
        return after;
    }
}
