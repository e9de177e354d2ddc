// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.understudy.api.HostEntry;
import org.understudy.api.Inventory;
import org.understudy.api.InventoryChange;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.PoolName;
import org.understudy.api.Revised;
import org.understudy.api.Subscription;
import org.understudy.api.VfView;
import org.understudy.api.Vm;

/**
 * The numbers of hosts, VMs, pairs and VFs by their states. Follows the changes of the inventory: each costs as much as the
 * object that has changed.
 */
final class FleetCounts implements AutoCloseable {
    /** What is counted. */
    enum Family {
        HOSTS,
        VMS,
        PAIRS,
        VFS
    }

    /** One number: what is counted, and the values of its labels. */
    private record Cell(Family family, List<String> labels) {}

    private record Key(InventoryChange.Kind kind, String key) {}

    private final Map<Key, List<Cell>> contributions = new HashMap<>();
    private final Map<Family, Map<List<String>, Integer>> counts = new HashMap<>();
    private final List<InventoryChange> early = new ArrayList<>();
    private final Inventory inventory;
    private final Subscription subscription;
    private boolean loaded;

    FleetCounts(Inventory inventory) {
        this.inventory = inventory;
        this.subscription = inventory.listen(this::onChange);
        load(inventory.snapshot());
    }

    private synchronized void load(InventorySnapshot snapshot) {
        for (Revised<HostEntry> host : snapshot.hosts()) {
            var name = host.value().view().name();
            set(new Key(InventoryChange.Kind.HOST, name.value()), cells(host.value()));
            snapshot.vfs(name)
                    .forEach(vf -> set(
                            new Key(
                                    InventoryChange.Kind.VF,
                                    name + "/" + vf.value().address()),
                            cells(vf.value())));
        }
        snapshot.vms()
                .forEach(vm -> set(
                        new Key(
                                InventoryChange.Kind.VM,
                                vm.value().host() + "/" + vm.value().uuid()),
                        cells(vm.value())));
        loaded = true;
        early.stream().filter(change -> change.revision() > snapshot.revision()).forEach(this::apply);
        early.clear();
    }

    private synchronized void onChange(InventoryChange change) {
        if (loaded) {
            apply(change);
        } else {
            early.add(change);
        }
    }

    private void apply(InventoryChange change) {
        Optional<?> now = change.now();
        set(new Key(change.kind(), change.key()), now.isEmpty() ? List.of() : cells(now.get()));
    }

    private static List<Cell> cells(Object value) {
        if (value instanceof HostEntry host) {
            return List.of(new Cell(
                    Family.HOSTS, List.of(host.view().connector(), host.view().available() ? "true" : "false")));
        } else if (value instanceof Vm vm) {
            return Stream.concat(
                            Stream.of(new Cell(Family.VMS, List.of(word(vm.state())))),
                            vm.pairs().stream().map(pair -> new Cell(Family.PAIRS, List.of(word(pair.health())))))
                    .toList();
        } else if (value instanceof VfView vf) {
            return pools(vf)
                    .map(pool -> new Cell(Family.VFS, List.of(pool, word(vf.state()))))
                    .toList();
        }
        return List.of();
    }

    /** A VF of no pool counts for a pool without a name. */
    private static Stream<String> pools(VfView vf) {
        return vf.pools().isEmpty() ? Stream.of("") : vf.pools().stream().map(PoolName::value);
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void set(Key key, List<Cell> now) {
        List<Cell> before = now.isEmpty() ? contributions.remove(key) : contributions.put(key, now);
        now.forEach(cell -> add(cell, 1));
        if (before != null) {
            before.forEach(cell -> add(cell, -1));
        }
    }

    /** A number stays when it is 0, so that a graph of it shows 0 and not a gap. */
    private void add(Cell cell, int by) {
        counts.computeIfAbsent(cell.family(), f -> new TreeMap<>(FleetCounts::compare))
                .merge(cell.labels(), by, Integer::sum);
    }

    private static int compare(List<String> one, List<String> other) {
        return String.join("\n", one).compareTo(String.join("\n", other));
    }

    /** The numbers by the values of their labels. */
    synchronized Map<List<String>, Integer> of(Family family) {
        return Map.copyOf(counts.getOrDefault(family, Map.of()));
    }

    boolean isOf(Inventory other) {
        return inventory == other;
    }

    @Override
    public void close() {
        subscription.close();
    }
}
