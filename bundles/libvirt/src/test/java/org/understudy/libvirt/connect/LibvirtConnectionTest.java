// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.libvirt.event.ChangeNotifier;
import org.understudy.libvirt.event.DomainEvents;
import org.understudy.libvirt.event.EventRegistrations;
import org.understudy.libvirt.event.OutgoingDomains;

/** Runs against a real libvirtd behind a proxy whose connections are cut. */
final class LibvirtConnectionTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final LibvirtTiming SHORT = new LibvirtTiming(
            new Backoff(Duration.ofMillis(1), Duration.ofMillis(1)),
            Duration.ofMillis(100),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10));
    private static final int CUTS = 500;
    /** 4 KiB for each measured reconnect: the JVM allocates memory too. */
    private static final long LEAK = 4 * 1024 * CUTS * 4 / 5;

    /** Counts the registrations of a host. */
    private static final class CountingListener implements ConnectionListener {
        private final HostEventQueue events = new HostEventQueue(new HostName("a"), Runnable::run);
        private final EventRegistrations real = new EventRegistrations(
                new DomainEvents(events, new OutgoingDomains(), (vm, alias) -> alias, SystemScheduler.process()),
                new ChangeNotifier("networks"),
                new ChangeNotifier("devices"),
                () -> {},
                () -> {});
        private final AtomicInteger registered = new AtomicInteger();
        private final AtomicInteger deregistered = new AtomicInteger();
        private final AtomicInteger reconnected = new AtomicInteger();
        private final Semaphore reconnections = new Semaphore(0);
        private final AtomicBoolean failing = new AtomicBoolean();

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
        public void reconnected() {
            if (failing.getAndSet(false)) {
                throw new IllegalStateException("from the test");
            }
            reconnected.incrementAndGet();
            reconnections.release();
        }
    }

    @TempDir
    private Path directory;

    private final CountingListener listener = new CountingListener();
    private final LibvirtThreads threads = new LibvirtThreads(SystemScheduler.process());

    @AfterEach
    void close() {
        listener.events.close();
        threads.close();
    }

    @Test
    @Timeout(300)
    void leaksNothingOverManyReconnects() throws IOException, InterruptedException {
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

            // Java's compiler allocates a few megabytes at times and frees them.
            await().atMost(LIMIT).until(() -> NativeMemory.inUse() - memory < LEAK);
            await().atMost(LIMIT).until(() -> handles() <= handles + 4);
            assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 4);
            // The last cut may have hit a connection that was just being reopened.
            await().atMost(LIMIT).until(() -> listener.registered.get() - listener.deregistered.get() == 1);
            awaitAnswer(connection);
        }
        assertThat(listener.deregistered).hasValue(listener.registered.get());
    }

    @Test
    @Timeout(300)
    void repeatsAResyncThatFailed() throws IOException, InterruptedException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Cable cable = new Cable(directory.resolve("cable"), daemon.socket());
                EventLoop loop = EventLoop.open();
                LibvirtConnection connection = connection(loop)) {
            connection.open();
            listener.failing.set(true);
            cutAndWait(cable, 1);

            assertThat(listener.failing).isFalse();
            assertThat(listener.registered).as("the connection was kept").hasValue(2);
        }
    }

    private void cutAndWait(Cable cable, int times) throws IOException, InterruptedException {
        for (int i = 0; i < times; i++) {
            listener.reconnections.drainPermits();
            cable.cut();
            // Awaitility's threads and pauses would take longer than most reconnects.
            assertThat(listener.reconnections.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    @Test
    @Timeout(300)
    void detectsAHostThatStopsAnswering() throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Cable cable = new Cable(directory.resolve("cable"), daemon.socket());
                EventLoop loop = EventLoop.open();
                LibvirtConnection connection = connection(loop)) {
            connection.open();
            cable.drop(true);
            await().atMost(LIMIT).until(() -> listener.deregistered.get() > 0);

            cable.drop(false);
            cable.cut();
            await().atMost(LIMIT).until(() -> listener.reconnected.get() > 0);
            awaitAnswer(connection);
        }
    }

    private static void awaitAnswer(LibvirtConnection connection) {
        await().atMost(LIMIT)
                .ignoreException(UnderstudyException.class)
                .until(() -> connection
                        .<String>call("read the driver", c -> c.getType())
                        .equals("TEST"));
    }

    private LibvirtConnection connection(EventLoop loop) {
        String uri = "test+unix:///default?socket=" + directory.resolve("cable");
        LibvirtSettings settings = LibvirtSettings.of(new HostPolicy(new HostName("a"), "libvirt", Map.of("uri", uri)));
        return new LibvirtConnection(settings, loop, listener, threads, SHORT);
    }

    private static int handles() {
        return new File("/proc/self/fd").list().length;
    }
}
