// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.libvirt.domain.Domains;
import org.understudy.libvirt.event.ChangeNotifier;
import org.understudy.libvirt.event.DomainEvents;
import org.understudy.libvirt.event.EventRegistrations;
import org.understudy.libvirt.event.OutgoingDomains;

/** Runs against a real libvirtd with a QEMU that does not answer. */
@Timeout(120)
final class EventsDuringCallsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final HostName HOST = new HostName("a");
    private static final String QEMU = "/usr/bin/qemu-system-x86_64";

    @TempDir
    private Path directory;

    private final LibvirtThreads threads = new LibvirtThreads(SystemScheduler.process());
    private final ExecutorService callers = Executors.newCachedThreadPool();
    private final HostEventQueue queue = new HostEventQueue(HOST, Runnable::run);
    private final List<HostEvent> events = new CopyOnWriteArrayList<>();
    private final AtomicReference<NativeConnect> registered = new AtomicReference<>();
    private final EventRegistrations registrations = new EventRegistrations(
            new DomainEvents(queue, new OutgoingDomains(), (vm, alias) -> alias, SystemScheduler.process()),
            new ChangeNotifier("networks"),
            new ChangeNotifier("devices"),
            () -> {},
            () -> {});
    private final ConnectionListener listener = new ConnectionListener() {
        @Override
        public void register(NativeConnect connect) {
            registered.set(connect);
            registrations.register(connect);
        }

        @Override
        public void deregister(NativeConnect connect) {
            registrations.deregister(connect);
        }

        @Override
        public void reconnected() {}
    };

    private Libvirtd daemon;
    private EventLoop loop;
    private LibvirtConnection connection;

    @BeforeEach
    void open() throws IOException {
        daemon = Libvirtd.start(directory.resolve("daemon"));
        loop = EventLoop.open();
        queue.subscribe(events::add);
        LibvirtSettings settings =
                LibvirtSettings.of(new HostPolicy(HOST, "libvirt", Map.of("uri", daemon.uri("qemu", "/system"))));
        connection = new LibvirtConnection(settings, loop, listener, threads, LibvirtTiming.DEFAULT);
        connection.open();
    }

    @AfterEach
    void close() {
        callers.shutdownNow();
        queue.close();
        if (connection != null) {
            daemon.close();
            connection.close();
            loop.close();
        }
        threads.close();
    }

    private static String definition(String name, String emulator) {
        return """
                <domain type='qemu'>
                  <name>%s</name><memory unit='MiB'>32</memory>
                  <os><type arch='x86_64' machine='q35'>hvm</type></os>
                  <devices><emulator>%s</emulator><memballoon model='none'/></devices>
                </domain>
                """.formatted(name, emulator);
    }

    private static String monitorQuery(NativeConnect connect) throws LibvirtException {
        Domain domain = connect.domainLookupByName("idle");
        try {
            return domain.qemuMonitorCommand("{\"execute\":\"query-version\"}", 0);
        } finally {
            domain.free();
        }
    }

    private void defineAndAwaitEvent(String vm) throws Exception {
        connection
                .call("define a VM", c -> c.domainDefineXML(definition(vm, QEMU)))
                .free();
        await().atMost(LIMIT)
                .until(() -> events.stream()
                        .anyMatch(e -> e instanceof HostEvent.DefinitionChanged && e.vm().equals(new VmName(vm))));
    }

    @Test
    void anEventIsDeliveredWhileACallWaitsForQemu() throws Exception {
        connection
                .call("start a VM", c -> c.domainCreateXML(definition("idle", QEMU), 0))
                .free();
        daemon.signalVms("STOP");
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<NativeConnect> waiting = CompletableFuture.supplyAsync(
                () -> connection.call("query QEMU", c -> {
                    begun.countDown();
                    assertThat(monitorQuery(c)).contains("return");
                    return c;
                }),
                callers);
        begun.await();

        defineAndAwaitEvent("web1");

        assertThat(waiting).isNotDone();
        daemon.signalVms("CONT");
        assertThat(waiting).succeedsWithin(LIMIT).isNotSameAs(registered.get());
    }

    /** libvirt answers a question for the job of this VM after its start only. */
    @Test
    void aListWithAVmThatStartsSlowlyDelaysNoEventAndNoOtherCall() throws Exception {
        Path slow = directory.resolve("slow-qemu");
        Files.writeString(slow, """
                #!/bin/sh
                case "$*" in
                *guest=slow*) exec sleep 100 ;;
                esac
                exec %s "$@"
                """.formatted(QEMU));
        assertThat(slow.toFile().setExecutable(true)).isTrue();
        CompletableFuture<?> start = CompletableFuture.runAsync(
                () -> connection.call("start a VM", c -> c.domainCreateXML(definition("slow", slow.toString()), 0)),
                callers);
        await().atMost(LIMIT).until(() -> connection.call("count the VMs", c -> c.numOfDomains() == 1));
        CompletableFuture<List<HostedVm>> list =
                CompletableFuture.supplyAsync(() -> new Domains(connection).all(), callers);
        await().atMost(LIMIT).until(() -> threads.calls().running(HOST) >= 2);

        defineAndAwaitEvent("web1");

        await().during(Duration.ofSeconds(1)).atMost(LIMIT).until(() -> !list.isDone());
        assertThat(start).isNotDone();
    }
}
