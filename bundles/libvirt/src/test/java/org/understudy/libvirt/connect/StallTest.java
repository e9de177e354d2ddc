// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
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

/** Runs against a real libvirtd that is stopped by a signal and continues: its sockets accept data and send nothing. */
@Timeout(120)
final class StallTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration PING_DEADLINE = Duration.ofSeconds(2);
    private static final LibvirtTiming SHORT = new LibvirtTiming(
            new Backoff(Duration.ofMillis(10), Duration.ofMillis(100)),
            Duration.ofMillis(100),
            PING_DEADLINE,
            Duration.ofSeconds(3),
            Duration.ofSeconds(10));
    /** Until the next ping, its deadline, and the delays of a busy machine. */
    private static final Duration BOUND =
            SHORT.pingInterval().plus(PING_DEADLINE).plusSeconds(2);

    private static final int CALLERS = 4;
    private static final HostName HOST = new HostName("a");

    /** Without callbacks. */
    private static final ConnectionListener SILENT = new ConnectionListener() {
        @Override
        public void register(NativeConnect connect) {}

        @Override
        public void deregister(NativeConnect connect) {}

        @Override
        public void reconnected() {}
    };

    private static EventLoop loop;
    private static Libvirtd daemon;

    private final LibvirtThreads threads = new LibvirtThreads(SystemScheduler.process());
    private final ExecutorService callers = Executors.newCachedThreadPool();
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
    void configure() {
        connection = connection(HOST, daemon.tcpUri("test", "/default"));
    }

    @AfterEach
    void close() throws Exception {
        daemon.signal("CONT");
        connection.close();
        callers.shutdownNow();
        threads.close();
    }

    private LibvirtConnection connection(HostName name, String uri) {
        LibvirtSettings settings = LibvirtSettings.of(new HostPolicy(name, "libvirt", Map.of("uri", uri)));
        return new LibvirtConnection(settings, loop, SILENT, threads, SHORT);
    }

    private static int query(LibvirtConnection connection) {
        return connection.call("list the VMs", c -> c.numOfDomains());
    }

    /** With libvirt's own keepalive, client 9.0 crashes here, and client 11.3 does not return from the second call. */
    @Test
    void aStallEndsEachCallWithinTheBoundAndNothingElse() throws Exception {
        try (LibvirtConnection other = connection(new HostName("b"), "test:///default")) {
            connection.open();
            other.open();
            openConnections();
            daemon.signal("STOP");
            List<CompletableFuture<Duration>> calls = Stream.generate(() -> timed(() -> query(connection)))
                    .limit(CALLERS)
                    .toList();
            assertThat(query(other)).isEqualTo(1);
            for (CompletableFuture<Duration> call : calls) {
                assertThat(call)
                        .succeedsWithin(LIMIT)
                        .satisfies(took -> assertThat(took).isBetween(PING_DEADLINE.dividedBy(2), BOUND));
            }
            assertThat(query(other)).isEqualTo(1);
            daemon.signal("CONT");

            awaitAnswer();
            await().atMost(LIMIT).until(() -> threads.calls().running(HOST) == 0);
        }
    }

    /** Runs calls that wait for each other, so that each has a connection. */
    private void openConnections() {
        CyclicBarrier together = new CyclicBarrier(CALLERS);
        List<CompletableFuture<Integer>> calls = Stream.generate(() -> CompletableFuture.supplyAsync(
                        () -> connection.call("wait for the others", c -> {
                            try {
                                return together.await();
                            } catch (InterruptedException | BrokenBarrierException e) {
                                throw new IllegalStateException(e);
                            }
                        }),
                        callers))
                .limit(CALLERS)
                .toList();
        assertThat(calls).allSatisfy(call -> assertThat(call).succeedsWithin(LIMIT));
    }

    /** Measures a call that ends with {@link ErrorCode#HOST_UNAVAILABLE}. */
    private CompletableFuture<Duration> timed(Runnable call) {
        long start = System.nanoTime();
        return CompletableFuture.supplyAsync(
                () -> {
                    assertThatThrownBy(call::run).isInstanceOfSatisfying(UnderstudyException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
                        assertThat(e).hasMessageContaining("Host a").hasMessageContaining("has not answered for 2 s");
                    });
                    return Duration.ofNanos(System.nanoTime() - start);
                },
                callers);
    }

    @Test
    void aStallThatIsShorterThanTheDeadlineEndsNoCall() throws Exception {
        connection.open();
        daemon.signal("STOP");
        List<CompletableFuture<Integer>> calls = Stream.generate(
                        () -> CompletableFuture.supplyAsync(() -> query(connection), callers))
                .limit(CALLERS)
                .toList();
        await().atMost(LIMIT).until(() -> threads.calls().running(HOST) > CALLERS);
        daemon.signal("CONT");

        assertThat(calls)
                .allSatisfy(call -> assertThat(call).succeedsWithin(LIMIT).isEqualTo(1));
    }

    @Test
    void aHostThatStallsDuringTheConnectIsUsedWhenItAnswers() throws Exception {
        daemon.signal("STOP");
        assertThatThrownBy(connection::open).isInstanceOfSatisfying(UnderstudyException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
            assertThat(e).hasMessageContaining("has accepted no connection within 3 s");
        });
        daemon.signal("CONT");

        awaitAnswer();
    }

    /** Also if each attempt has a connection of its own, as with a host that was never open. */
    @Test
    void aHostThatHangsIsAttemptedAgainAfterAPauseOnly() throws Exception {
        String uri = daemon.tcpUri("test", "/default");
        daemon.signal("STOP");
        assertThatThrownBy(connection::open).hasMessageContaining("has accepted no connection within 3 s");
        connection.close();
        connection = connection(HOST, daemon.tcpUri("test", "/default"));
        int left = threads.calls().running(HOST);

        assertThatThrownBy(connection::open).hasMessageContaining("has not answered earlier attempts to connect (1)");

        assertThat(threads.calls().running(HOST)).isLessThanOrEqualTo(left);
        try (LibvirtConnection corrected = connection(HOST, "test:///default")) {
            corrected.open();
            assertThat(query(corrected)).isEqualTo(1);
        }
        daemon.signal("CONT");
        await().atMost(LIMIT).until(() -> threads.hanging().connects(uri) == 0);
        connection.open();
        assertThat(query(connection)).isEqualTo(1);
    }

    /**
     * Connects over an ssh that hangs once after {@code next} is created, and fails when {@code hang} is deleted.
     *
     * @return the URI in use
     */
    private String connectWithSshThatHangs(Path next, Path hang) throws IOException {
        connection.close();
        Path program = next.resolveSibling("program");
        String[] uri = daemon.sshUri().split("(?<=command=)");
        Files.writeString(program, """
                #!/bin/sh
                if rmdir %s 2>/dev/null; then
                    while [ -e %s ]; do sleep 0.1; done
                    exit 1
                fi
                exec %s "$@"
                """.formatted(next, hang, uri[1]));
        assertThat(program.toFile().setExecutable(true)).isTrue();
        Files.createFile(hang);
        LibvirtSettings settings = LibvirtSettings.of(new HostPolicy(HOST, "libvirt", Map.of("uri", uri[0] + program)));
        connection = new LibvirtConnection(settings, loop, SILENT, threads, SHORT);
        return settings.uri();
    }

    /** Also if others hang on, which may never return. */
    @Test
    void aHostThatHasEndedAConnectThatHungIsCalledAtOnce(@TempDir Path directory) throws Exception {
        Path next = directory.resolve("next");
        Path hang = directory.resolve("hang");
        String uri = connectWithSshThatHangs(next, hang);
        Files.createDirectory(next);
        assertThatThrownBy(connection::open).hasMessageContaining("has accepted no connection within 3 s");
        for (int i = 2; i < HangingConnects.MAX; i++) {
            threads.hanging().add(uri);
        }
        Files.delete(hang);

        awaitAnswer();
    }

    /** Such as an ssh that hangs while the connection for events is alive. */
    @Test
    void aConnectForCallsThatHangsIsReplaced(@TempDir Path directory) throws Exception {
        Path next = directory.resolve("next");
        Path hang = directory.resolve("hang");
        connectWithSshThatHangs(next, hang);
        connection.open();
        Files.createDirectory(next);
        assertThatThrownBy(() -> query(connection))
                .hasMessageContaining("has not accepted a further connection within 3 s");

        awaitAnswer();
        assertThat(hang).exists();
        assertThat(next).doesNotExist();
    }

    @Test
    void theCallsOfAHostAreBounded() throws Exception {
        connection.open();
        daemon.signal("STOP");
        int many = LibvirtSession.MAX_CALLS + CALLERS;
        List<CompletableFuture<Duration>> calls = Stream.generate(() -> timed(() -> query(connection)))
                .limit(many)
                .toList();

        await().atMost(LIMIT).until(() -> threads.calls().running(HOST) > LibvirtSession.MAX_CALLS);
        assertThat(threads.calls().running(HOST)).isEqualTo(LibvirtSession.MAX_CALLS + 1);
        assertThat(calls).allSatisfy(call -> assertThat(call).succeedsWithin(LIMIT));
        daemon.signal("CONT");
        awaitAnswer();
    }

    /** Such as threads in connects that a host accepts and does not answer. */
    @Test
    void aHostThatHoldsTooManyThreadsIsNotCalled() {
        CountDownLatch returned = new CountDownLatch(1);
        for (int i = 0; i < 2 * LibvirtSession.MAX_CALLS; i++) {
            threads.calls().run(HOST, () -> {
                try {
                    returned.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        assertThatThrownBy(connection::open)
                .hasMessageContaining("Host a")
                .hasMessageContaining("64 threads of this server");

        returned.countDown();
        await().atMost(LIMIT).until(() -> threads.calls().running(HOST) == 0);
        connection.open();
        assertThat(query(connection)).isEqualTo(1);
    }

    @Test
    void aHostThatStallsIsClosedWithinSeconds() throws Exception {
        connection.open();
        openConnections();
        daemon.signal("STOP");
        long start = System.nanoTime();
        connection.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SharedConnection.CLOSE_LIMIT.plusSeconds(3));
        await().atMost(LIMIT).until(() -> threads.calls().running(HOST) == 0);
    }

    /** As with a migration: the daemon is alive, and only this call waits. */
    @Test
    void aCallThatTakesLongerThanTheDeadlineOfAPingGoesOn() throws Exception {
        connection.close();
        connection = connection(HOST, daemon.tcpUri("qemu", "/system"));
        connection.open();
        connection.call("start a VM", c -> c.domainCreateXML("""
                <domain type='qemu'>
                  <name>idle</name><memory unit='MiB'>32</memory><os><type machine='q35'>hvm</type></os>
                  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='none'/></devices>
                </domain>
                """, 0).free());
        daemon.signalVms("STOP");
        CompletableFuture<String> call = CompletableFuture.supplyAsync(
                () -> connection.call("query QEMU", c -> {
                    var domain = c.domainLookupByName("idle");
                    try {
                        return domain.qemuMonitorCommand("{\"execute\":\"query-version\"}", 0);
                    } finally {
                        domain.free();
                    }
                }),
                callers);

        await().during(PING_DEADLINE.plusSeconds(1)).atMost(LIMIT).until(() -> !call.isDone());
        daemon.signalVms("CONT");
        assertThat(call).succeedsWithin(LIMIT).asString().contains("return");
    }

    private void awaitAnswer() {
        await().atMost(LIMIT).ignoreException(UnderstudyException.class).until(() -> query(connection) >= 0);
    }
}
