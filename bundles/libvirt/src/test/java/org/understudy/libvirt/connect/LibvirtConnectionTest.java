// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.libvirt.connect.LibvirtConnection.Pace;
import org.understudy.libvirt.event.ChangeNotifier;
import org.understudy.libvirt.event.DomainEvents;
import org.understudy.libvirt.event.EventRegistrations;
import org.understudy.libvirt.event.LibvirtEventQueue;
import org.understudy.libvirt.event.OutgoingDomains;

/** Against a real libvirtd behind a cable that is cut. */
final class LibvirtConnectionTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Pace QUICK = new Pace(
            Duration.ofMillis(1),
            Duration.ofMillis(1),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            1,
            Duration.ofSeconds(10));
    private static final int CUTS = 1000;
    /** 4 KiB for each reconnect that is measured: the machine that runs Java asks for some memory too. */
    private static final long LEAK = 4 * 1024 * CUTS * 4 / 5;

    /** The registrations of a host, counted. */
    private static final class Counted implements ConnectionListener {
        private final LibvirtEventQueue events = new LibvirtEventQueue(new HostName("a"));
        private final EventRegistrations real = new EventRegistrations(
                new DomainEvents(events, new OutgoingDomains(), Clock.systemUTC()),
                new ChangeNotifier("networks"),
                new ChangeNotifier("devices"),
                () -> {});
        private final AtomicInteger registered = new AtomicInteger();
        private final AtomicInteger deregistered = new AtomicInteger();
        private final AtomicInteger returned = new AtomicInteger();
        private final AtomicBoolean deaf = new AtomicBoolean();

        @Override
        public void register(NativeConnect connect) {
            real.register(connect);
            registered.incrementAndGet();
        }

        @Override
        public void deregister(NativeConnect connect) {
            real.deregister(connect);
            deregistered.incrementAndGet();
        }

        @Override
        public void returned() {
            if (deaf.getAndSet(false)) {
                throw new IllegalStateException("nobody listens");
            }
            returned.incrementAndGet();
        }
    }

    @TempDir
    private Path directory;

    private final Counted counted = new Counted();

    @AfterEach
    void close() {
        counted.events.close();
    }

    @Test
    @Timeout(300)
    void leaksNothingOverManyReconnects() throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Cable cable = new Cable(directory.resolve("cable"), daemon.socket());
                EventLoop loop = EventLoop.open();
                LibvirtConnection connection = connection(loop)) {
            connection.open();
            cutAndWait(cable, 10);
            int handles = handles();
            int threads = Thread.activeCount();
            cutAndWait(cable, CUTS / 5);
            long memory = NativeMemory.inUse();

            cutAndWait(cable, CUTS - CUTS / 5);

            // Java's compiler takes some megabytes at times and gives them back.
            await().atMost(SOON).until(() -> NativeMemory.inUse() - memory < LEAK);
            await().atMost(SOON).until(() -> handles() <= handles + 4);
            assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 4);
            // The last cut may have hit a connection that was coming back already.
            await().atMost(SOON).until(() -> counted.registered.get() - counted.deregistered.get() == 1);
            awaitAnswer(connection);
        }
        assertThat(counted.deregistered).hasValue(counted.registered.get());
    }

    @Test
    @Timeout(300)
    void tellsOfAReturnAgainThatCouldNotBeTold() throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Cable cable = new Cable(directory.resolve("cable"), daemon.socket());
                EventLoop loop = EventLoop.open();
                LibvirtConnection connection = connection(loop)) {
            connection.open();
            counted.deaf.set(true);
            cutAndWait(cable, 1);

            assertThat(counted.deaf).isFalse();
            assertThat(counted.registered).as("the connection was kept").hasValue(2);
        }
    }

    private void cutAndWait(Cable cable, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            int before = counted.returned.get();
            cable.cut();
            await().pollInterval(Duration.ofMillis(2)).atMost(SOON).until(() -> counted.returned.get() > before);
        }
    }

    @Test
    @Timeout(300)
    void noticesAHostThatFellSilent() throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Cable cable = new Cable(directory.resolve("cable"), daemon.socket());
                EventLoop loop = EventLoop.open();
                LibvirtConnection connection = connection(loop)) {
            connection.open();
            cable.silence(true);
            await().atMost(SOON).until(() -> counted.deregistered.get() > 0);

            cable.silence(false);
            cable.cut();
            await().atMost(SOON).until(() -> counted.returned.get() > 0);
            awaitAnswer(connection);
        }
    }

    private static void awaitAnswer(LibvirtConnection connection) {
        await().atMost(SOON)
                .ignoreException(UnderstudyException.class)
                .until(() -> connection
                        .<String>ask("say who it is", c -> c.getType())
                        .equals("TEST"));
    }

    private LibvirtConnection connection(EventLoop loop) {
        String uri = "test+unix:///default?socket=" + directory.resolve("cable");
        LibvirtSettings settings = LibvirtSettings.of(new HostPolicy(new HostName("a"), "libvirt", Map.of("uri", uri)));
        return new LibvirtConnection(settings, loop, counted, QUICK);
    }

    private static int handles() {
        return new File("/proc/self/fd").list().length;
    }
}
