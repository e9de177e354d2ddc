// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.understudy.api.HostEntry;
import org.understudy.api.Inventory;
import org.understudy.api.InventoryChange;
import org.understudy.api.InventoryChange.HostChanged;
import org.understudy.api.InventoryChange.VmChanged;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Revised;
import org.understudy.api.Subscription;
import org.understudy.api.Vm;

/** One host and one VM, which a test changes. */
final class FakeInventory implements Inventory {
    private final List<Consumer<InventoryChange>> listeners = new CopyOnWriteArrayList<>();
    private final List<Revised<HostEntry>> hosts = new ArrayList<>();
    private final List<Revised<Vm>> vms = new ArrayList<>();
    private long revision;

    void change(HostEntry now) {
        revision++;
        hosts.clear();
        hosts.add(new Revised<>(revision, now));
        send(new HostChanged(revision, now.view().name(), Optional.of(now)));
    }

    void change(Vm now) {
        revision++;
        vms.clear();
        vms.add(new Revised<>(revision, now));
        send(new VmChanged(revision, now.host(), now.uuid(), Optional.of(now)));
    }

    void remove(Vm gone) {
        revision++;
        vms.clear();
        send(new VmChanged(revision, gone.host(), gone.uuid(), Optional.empty()));
    }

    private void send(InventoryChange change) {
        listeners.forEach(listener -> listener.accept(change));
    }

    @Override
    public InventorySnapshot snapshot() {
        InventorySnapshot snapshot = mock(InventorySnapshot.class);
        when(snapshot.revision()).thenReturn(revision);
        when(snapshot.hosts()).thenReturn(List.copyOf(hosts));
        when(snapshot.vms()).thenReturn(List.copyOf(vms));
        return snapshot;
    }

    @Override
    public Subscription listen(Consumer<InventoryChange> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }
}
