// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.understudy.api.InventorySnapshot;
import org.understudy.config.YamlPolicies;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.inventory.VmReadings;
import org.understudy.core.lifecycle.VirtualMachineService;
import org.understudy.core.migration.MigrationComponent;
import org.understudy.core.probe.Probes;
import org.understudy.core.vf.VfLeaseController;
import org.understudy.libvirt.host.LibvirtConnector;

/**
 * Measures the cost of many hosts: libvirt's test driver emulates one hypervisor per connection in memory. Prints one JSON
 * document.
 *
 * <p>{@code FleetBench write FOLDER HOSTS VMS} writes the hosts, {@code FleetBench floor FOLDER} makes the same
 * libvirt calls and discards the results, {@code FleetBench product FOLDER HANGING} runs Understudy, with a number of further
 * hosts that accept connections and never answer. Each in its own process.
 */
public final class FleetBench {
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(10);
    /** Connects that the kernel accepts, although no program does. */
    private static final int BACKLOG = 4096;
    /** Calls of the minimum at once, if the hosts are remote. */
    private static final int REMOTE_CALLS = 64;

    private final Path folder;
    private final FleetOnDisk fleet;
    private final Map<String, Object> result = new LinkedHashMap<>();

    private FleetBench(Path folder) {
        this.folder = folder;
        this.fleet = new FleetOnDisk(folder);
    }

    public static void main(String[] arguments) throws Exception {
        FleetBench bench = new FleetBench(Path.of(arguments[1]));
        switch (arguments[0]) {
            case "write" -> bench.fleet.write(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
            case "floor" -> bench.floor();
            default -> bench.product(arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0);
        }
        if (!bench.result.isEmpty()) {
            System.out.println(new ObjectMapper().writeValueAsString(bench.result));
        }
        System.exit(0);
    }

    private void floor() throws Exception {
        List<String> uris = fleet.uris();
        ExecutorService threads = Executors.newFixedThreadPool(fleet.isRemote() ? REMOTE_CALLS : 1);
        long start = System.nanoTime();
        List<Pointer> connections = each(threads, uris, PlainLibvirt::open);
        took("connectMs", start);
        for (String view : List.of("firstViewMs", "nextViewMs")) {
            start = System.nanoTime();
            int seen = each(threads, connections, PlainLibvirt::view).stream()
                    .mapToInt(vms -> vms)
                    .sum();
            took(view, start);
            result.put("vms", seen);
        }
        threads.shutdown();
        weigh();
        result.put("hosts", connections.size());
    }

    private static <A, B> List<B> each(ExecutorService threads, List<A> all, Function<A, B> call) throws Exception {
        List<Future<B>> calls = new ArrayList<>();
        all.forEach(one -> calls.add(threads.submit(() -> call.apply(one))));
        List<B> results = new ArrayList<>();
        for (Future<B> each : calls) {
            results.add(each.get());
        }
        return results;
    }

    private void product(int hanging) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())) {
            if (hanging > 0) {
                fleet.hang(hanging, silent.getLocalPort());
                result.put("hanging", hanging);
            }
            run(hanging);
        }
    }

    private void run(int hanging) throws Exception {
        System.setProperty("karaf.etc", folder.toString());
        long start = System.nanoTime();
        YamlPolicies policies = new YamlPolicies();
        int wanted = policies.current().hosts().size() - hanging;
        HostRegistry hosts = new HostRegistry(policies);
        VmLocator locator = new VmLocator(hosts);
        VmReadings readings = new VmReadings(hosts);
        InventoryService inventory = new InventoryService(hosts, readings, policies);
        PairHealthTracker health = new PairHealthTracker(hosts, readings, inventory);
        MigrationComponent migrations =
                new MigrationComponent(bundle(), hosts, locator, inventory, policies, new Probes());
        VfLeaseController keeper = new VfLeaseController(hosts, migrations, policies);
        VirtualMachineService vms = new VirtualMachineService(
                hosts, inventory, locator, policies, health, migrations, keeper, new NicFacts());
        hosts.addConnector(new LibvirtConnector());
        await("every host is open", () -> hosts.all().size() == wanted);
        took("connectMs", start);
        start = System.nanoTime();
        result.put("vms", vms.list().vms().size() - 1); // that of the shared host
        await("the health of every pair is known", () -> isComplete(hosts, inventory.snapshot()));
        took("firstViewMs", start);
        start = System.nanoTime();
        vms.list();
        took("nextViewMs", start);
        result.put("hosts", wanted - 1);
        try (FleetChanges changes = new FleetChanges(inventory, fleet.sharedUri())) {
            result.putAll(changes.one(20));
            result.putAll(changes.idle());
            result.putAll(changes.many(100, 10, 60));
        }
        weigh();
    }

    private static boolean isComplete(HostRegistry hosts, InventorySnapshot now) {
        return hosts.all().stream()
                .flatMap(host -> now.vms(host.name()).stream())
                .flatMap(vm -> vm.value().pairs().stream())
                .noneMatch(pair -> pair.details().equals("its state is being read"));
    }

    private void took(String what, long start) {
        result.put(what, (System.nanoTime() - start) / 1e6);
    }

    private void weigh() throws IOException {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        result.put(
                "heapMiB",
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024.0 / 1024);
        result.put("residentMiB", status("VmRSS:") / 1024.0);
        result.put("threads", status("Threads:"));
        // What was freed, such as the hypervisors of connections that are closed, is not in use.
        PlainLibvirt.trimMemory();
        result.put("inUseMiB", status("VmRSS:") / 1024.0);
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            result.put("fileHandles", files.count());
        }
    }

    private static long status(String name) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.map(line -> line.split("\\s+"))
                    .filter(words -> words[0].equals(name))
                    .mapToLong(words -> Long.parseLong(words[1]))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("timeout while waiting: " + what);
            }
            Thread.sleep(50);
        }
    }

    private BundleContext bundle() {
        return (BundleContext) Proxy.newProxyInstance(
                BundleContext.class.getClassLoader(),
                new Class<?>[] {BundleContext.class},
                (proxy, method, arguments) -> method.getName().equals("getProperty") ? folder.toString() : null);
    }
}
