// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.Inventory;
import org.understudy.api.InventoryChange;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.PoolShare;
import org.understudy.api.PoolView;
import org.understudy.api.Revised;
import org.understudy.api.Subscription;
import org.understudy.api.VfView;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;

/** An inventory whose content a test sets. */
final class FakeInventory implements Inventory {
    final List<HostEntry> hosts = new ArrayList<>();
    final List<Vm> vms = new ArrayList<>();
    final List<VfView> vfs = new ArrayList<>();
    /** Called before a snapshot is taken. */
    Runnable beforeSnapshot = () -> {};

    Optional<Consumer<InventoryChange>> listener = Optional.empty();
    long revision = 1;
    int snapshots;

    void send(InventoryChange change) {
        listener.ifPresent(to -> to.accept(change));
    }

    @Override
    public Subscription listen(Consumer<InventoryChange> to) {
        listener = Optional.of(to);
        return () -> listener = Optional.empty();
    }

    @Override
    public InventorySnapshot snapshot() {
        beforeSnapshot.run();
        snapshots++;
        return new Snapshot(revision, revised(hosts), revised(vms), revised(vfs));
    }

    private static <T> List<Revised<T>> revised(List<T> values) {
        return values.stream().map(value -> new Revised<>(1, value)).toList();
    }

    private record Snapshot(
            long revision, List<Revised<HostEntry>> hosts, List<Revised<Vm>> vms, List<Revised<VfView>> vfs)
            implements InventorySnapshot {
        @Override
        public Optional<Revised<HostEntry>> host(HostName host) {
            return Optional.empty();
        }

        @Override
        public List<Revised<Vm>> vms(HostName host) {
            return vms;
        }

        @Override
        public List<Revised<Vm>> find(VmAddress vm) {
            return List.of();
        }

        @Override
        public List<Revised<VfView>> vfs(HostName host) {
            return vfs;
        }

        @Override
        public List<Revised<PoolShare>> poolShares(HostName host) {
            return List.of();
        }

        @Override
        public List<PoolView> pools() {
            return List.of();
        }

        @Override
        public List<Finding> findings() {
            return List.of();
        }
    }
}
