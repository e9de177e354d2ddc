// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.SystemScheduler;

/** Runs against a real libvirtd. Reads share the connection for events with the queries whether the host is alive. */
@Timeout(120)
final class SharedReadsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration PING_DEADLINE = Duration.ofSeconds(1);
    private static final LibvirtTiming SHORT = new LibvirtTiming(
            new Backoff(Duration.ofMillis(10), Duration.ofMillis(100)),
            Duration.ofMillis(100),
            PING_DEADLINE,
            Duration.ofSeconds(3),
            Duration.ofSeconds(10));

    private static EventLoop loop;
    private static Libvirtd daemon;

    private final LibvirtThreads threads = new LibvirtThreads(SystemScheduler.process());
    private final ExecutorService callers = Executors.newCachedThreadPool();
    private final AtomicReference<NativeConnect> events = new AtomicReference<>();
    private final CountDownLatch leave = new CountDownLatch(1);
    private LibvirtConnection connection;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        loop = EventLoop.open();
        daemon = Libvirtd.startWithTcp(directory);
    }

    @AfterAll
    static void end() {
        if (daemon != null) {
            daemon.close();
            loop.close();
        }
    }

    @BeforeEach
    void open() {
        ConnectionListener listener = new ConnectionListener() {
            @Override
            public void register(NativeConnect connect) {
                events.set(connect);
            }

            @Override
            public void deregister(NativeConnect connect) {}

            @Override
            public void reconnected() {}
        };
        LibvirtSettings settings = LibvirtSettings.of(
                new HostPolicy(new HostName("a"), "libvirt", Map.of("uri", daemon.tcpUri("test", "/default"))));
        connection = new LibvirtConnection(settings, loop, listener, threads, SHORT);
        connection.open();
    }

    @AfterEach
    void close() throws Exception {
        leave.countDown();
        daemon.signal("CONT");
        connection.close();
        callers.shutdownNow();
        threads.close();
    }

    private NativeConnect read() {
        return connection.read("read", c -> {
            assertThat(c.numOfDomains()).isEqualTo(1);
            return c;
        });
    }

    /** A read that keeps its connection until the end of the test. */
    private CompletableFuture<NativeConnect> longRead() {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<NativeConnect> read = CompletableFuture.supplyAsync(
                () -> connection.read("read for long", c -> {
                    begun.countDown();
                    try {
                        leave.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return c;
                }),
                callers);
        await().until(() -> begun.getCount() == 0);
        return read;
    }

    @Test
    void readsUseTheConnectionForEventsAndCallsDoNot() {
        assertThat(read()).isSameAs(events.get());
        assertThat(connection.<NativeConnect>call("call", c -> c)).isNotSameAs(events.get());
        assertThat(read()).isSameAs(events.get());
    }

    @Test
    void aLongReadDelaysNoOtherAndTheHostCountsAsAlive() {
        CompletableFuture<NativeConnect> read = longRead();

        assertThat(read()).isNotSameAs(events.get());
        await().during(PING_DEADLINE.multipliedBy(2))
                .atMost(LIMIT)
                .until(() -> !read.isDone() && connection.outage().isEmpty());
        leave.countDown();

        assertThat(read).succeedsWithin(LIMIT).isSameAs(events.get());
        assertThat(read()).isSameAs(events.get());
    }

    @Test
    void aStallDuringAReadEndsItAtTheDeadline() throws Exception {
        daemon.signal("STOP");
        long start = System.nanoTime();

        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE))
                .hasMessageContaining("has not answered for 1 s");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PING_DEADLINE.plusSeconds(3));
        daemon.signal("CONT");
        await().atMost(LIMIT).ignoreException(UnderstudyException.class).until(() -> read() != null);
    }

    /** The connection may have failed unnoticed, and events with it. */
    @Test
    void aReadThatIsStuckEndsTheConnectionAndLaterOnesHaveTheirOwn() {
        CompletableFuture<NativeConnect> read = longRead();
        NativeConnect former = events.get();

        assertThat(read)
                .failsWithin(LIMIT)
                .withThrowableThat()
                .havingRootCause()
                .withMessageContaining("has not answered a read for 4 s");
        leave.countDown();
        await().atMost(LIMIT)
                .ignoreException(UnderstudyException.class)
                .until(() -> read() != events.get() && events.get() != former);
    }
}
