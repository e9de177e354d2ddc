// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.NicInventory;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.hostnic.pool.PoolMembership;

class HostInventoryTest {
    private final List<NicInventory> received = new CopyOnWriteArrayList<>();
    private final AtomicReference<Runnable> first = new AtomicReference<>(() -> {});
    private final HostInventory inventory = new HostInventory(
            new HostPolicy(new HostName("alpha"), "fake", Map.of()), () -> new PoolMembership(List.of()), now -> {
                first.getAndSet(() -> {}).run();
                received.add(now);
            });

    @Test
    void theInventoryThatAListenerReceivesLastIsTheLatest() {
        Thread second = new Thread(() -> inventory.setUnreachable("timed out", "Check the host."));
        first.set(() -> {
            second.start();
            await().until(() ->
                    EnumSet.of(Thread.State.BLOCKED, Thread.State.TERMINATED).contains(second.getState()));
        });

        inventory.setUnmanaged();

        await().until(() -> received.size() == 2);
        assertThat(received).last().isEqualTo(inventory.latest());
    }
}
