// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import com.sun.jna.Pointer;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.understudy.api.Inventory;
import org.understudy.api.InventoryChange;
import org.understudy.api.InventoryChange.VmChanged;
import org.understudy.api.Subscription;
import org.understudy.api.VmState;

/** Another client changes VMs of the shared host; measures when listeners of the inventory receive that, and the load. */
final class FleetChanges implements AutoCloseable {
    private static final int FIRST_MAC = 60_000;
    /** Pairs whose state QEMU does not report are polled for a minute. */
    private static final long SETTLE_SECONDS = 70;

    private static final long IDLE_SECONDS = 30;

    private final Inventory inventory;
    private final Pointer client;
    private final OperatingSystemMXBean process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private int vms;

    /** @param uri of the shared host */
    FleetChanges(Inventory inventory, String uri) {
        this.inventory = inventory;
        this.client = PlainLibvirt.open(uri);
    }

    /** @param at when it arrived */
    private record Arrival(String vm, long at) {}

    /** A listener that notes when each VM was first shown as running: a VM that changes again may arrive after later ones. */
    private static final class Listener {
        private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
        private final Map<String, Long> seen = new HashMap<>();

        void accept(InventoryChange change) {
            if (change instanceof VmChanged vm) {
                vm.now()
                        .filter(now -> now.state() == VmState.RUNNING)
                        .ifPresent(now -> arrivals.add(new Arrival(now.name().value(), System.nanoTime())));
            }
        }

        long await(String vm) throws InterruptedException {
            while (!seen.containsKey(vm)) {
                Optional<Arrival> next = Optional.ofNullable(arrivals.poll(1, TimeUnit.MINUTES));
                if (next.isEmpty()) {
                    throw new IllegalStateException("no change of VM " + vm);
                }
                seen.putIfAbsent(next.get().vm(), next.get().at());
            }
            return seen.get(vm);
        }
    }

    private String create() {
        String vm = "newcomer" + vms;
        PlainLibvirt.create(client, FleetOnDisk.definition(vm, FIRST_MAC + vms++));
        return vm;
    }

    /** From the call that creates a VM to the listener. */
    Map<String, Object> one(int times) throws InterruptedException {
        double[] heard = new double[times];
        Listener listener = new Listener();
        Subscription subscription = inventory.listen(listener::accept);
        try (subscription) {
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                heard[i] = (listener.await(create()) - start) / 1e6;
            }
        }
        return Map.of("changeHeardMs", quantile(heard, 0.5), "changeHeardMaxMs", quantile(heard, 1));
    }

    /** CPU time of a server with one listener and no change, in percent of a core. */
    Map<String, Object> idle() throws InterruptedException {
        Subscription subscription = inventory.listen(change -> {});
        try (subscription) {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            long start = System.nanoTime();
            long before = process.getProcessCpuTime();
            TimeUnit.SECONDS.sleep(IDLE_SECONDS);
            double used = process.getProcessCpuTime() - before;
            return Map.of("idlePercent", used / (System.nanoTime() - start) * 100);
        }
    }

    /** Many listeners and a steady rate of changes: the slowest arrival of each change, and the load. */
    Map<String, Object> many(int listeners, int perSecond, int seconds) throws InterruptedException {
        List<Listener> all = new ArrayList<>();
        List<Subscription> subscriptions = new ArrayList<>();
        for (int i = 0; i < listeners; i++) {
            Listener listener = new Listener();
            all.add(listener);
            subscriptions.add(inventory.listen(listener::accept));
        }
        long before = process.getProcessCpuTime();
        long begin = System.nanoTime();
        Map<String, Long> created = new LinkedHashMap<>();
        for (int i = 0; i < perSecond * seconds; i++) {
            long due = begin + TimeUnit.SECONDS.toNanos(1) / perSecond * i;
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            long start = System.nanoTime();
            created.put(create(), start);
        }
        double[] slowest = new double[created.size()];
        int change = 0;
        for (Map.Entry<String, Long> vm : created.entrySet()) {
            for (Listener listener : all) {
                slowest[change] = Math.max(slowest[change], (listener.await(vm.getKey()) - vm.getValue()) / 1e6);
            }
            change++;
        }
        double used = process.getProcessCpuTime() - before;
        double percent = used / (System.nanoTime() - begin) * 100;
        subscriptions.forEach(Subscription::close);
        return Map.of(
                "steadyHeardMs", quantile(slowest, 0.5),
                "steadyHeardMaxMs", quantile(slowest, 1),
                "steadyPercent", percent);
    }

    private static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    }

    @Override
    public void close() {
        PlainLibvirt.close(client);
    }
}
