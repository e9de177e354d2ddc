// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
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

/** An inventory with the hosts and VMs of a test. */
final class FakeInventory implements Inventory {
    private final Map<String, Revised<Vm>> vms = new TreeMap<>();
    private final Map<String, Revised<HostEntry>> hosts = new TreeMap<>();
    private final List<Consumer<InventoryChange>> listeners = new CopyOnWriteArrayList<>();
    private long revision;

    synchronized void put(Vm vm) {
        publish(new InventoryChange.VmChanged(++revision, vm.host(), vm.uuid(), Optional.of(vm)));
    }

    synchronized void remove(HostName host, UUID uuid) {
        publish(new InventoryChange.VmChanged(++revision, host, uuid, Optional.empty()));
    }

    synchronized void putHost(String name) {
        HostName host = new HostName(name);
        HostEntry entry = new HostEntry(
                new HostView(host, "qemu", true, "QEMU 7.2.22, TCG", List.of()),
                Optional.empty(),
                true,
                "command",
                List.of(),
                List.of());
        publish(new InventoryChange.HostChanged(++revision, host, Optional.of(entry)));
    }

    private void publish(InventoryChange change) {
        if (change instanceof InventoryChange.VmChanged vm) {
            replace(vms, vm.key(), vm.now());
        } else if (change instanceof InventoryChange.HostChanged host) {
            replace(hosts, host.key(), host.now());
        }
        listeners.forEach(listener -> listener.accept(change));
    }

    private <T> void replace(Map<String, Revised<T>> all, String key, Optional<T> now) {
        all.remove(key);
        now.ifPresent(value -> all.put(key, new Revised<>(revision, value)));
    }

    @Override
    public synchronized Subscription listen(Consumer<InventoryChange> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public synchronized InventorySnapshot snapshot() {
        List<Revised<Vm>> allVms = vms.values().stream()
                .sorted(Comparator.comparing(vm -> vm.value().name().value()))
                .toList();
        return new Snapshot(revision, List.copyOf(hosts.values()), allVms);
    }

    private record Snapshot(long revision, List<Revised<HostEntry>> hosts, List<Revised<Vm>> vms)
            implements InventorySnapshot {
        @Override
        public Optional<Revised<HostEntry>> host(HostName name) {
            return hosts.stream()
                    .filter(host -> host.value().view().name().equals(name))
                    .findFirst();
        }

        @Override
        public List<Revised<Vm>> vms(HostName host) {
            return vms.stream().filter(vm -> vm.value().host().equals(host)).toList();
        }

        @Override
        public List<Revised<Vm>> find(VmAddress address) {
            return vms.stream()
                    .filter(vm -> address.matches(
                            vm.value().host(),
                            vm.value().name().value(),
                            vm.value().uuid()))
                    .toList();
        }

        @Override
        public List<Revised<VfView>> vfs(HostName host) {
            return List.of();
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
