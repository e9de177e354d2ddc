// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.libvirt.connect.LibvirtTiming;
import org.understudy.libvirt.connect.Libvirtd;

/**
 * A libvirtd that stalls for 10, 22 and 60 s, with four callers, over TCP, ssh and TLS, with the intervals of the server. All
 * nine run at once. 20 rounds take 25 minutes, so they run on request only: docs/testing.md.
 */
@EnabledIfSystemProperty(named = StallMatrix.ROUNDS_PROPERTY, matches = "[0-9]+")
final class StallMatrix {
    static final String ROUNDS_PROPERTY = "understudy.stall.rounds";
    private static final int ROUNDS = Integer.getInteger(ROUNDS_PROPERTY, 1);
    private static final int CALLERS = 4;
    private static final Duration BOUND = LibvirtTiming.DEFAULT
            .pingInterval()
            .plus(LibvirtTiming.DEFAULT.pingDeadline())
            .plusSeconds(2);
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /** A call that has ended. */
    private record Ended(Duration took, boolean failed) {}

    private enum Transport {
        TCP {
            @Override
            Libvirtd start(Path directory) throws IOException {
                return Libvirtd.startWithTcp(directory);
            }

            @Override
            String uri(Libvirtd daemon) {
                return daemon.tcpUri("qemu", "/system");
            }
        },
        SSH {
            @Override
            Libvirtd start(Path directory) throws IOException {
                return Libvirtd.start(directory);
            }

            @Override
            String uri(Libvirtd daemon) throws IOException {
                return daemon.sshUri();
            }
        },
        TLS {
            @Override
            Libvirtd start(Path directory) throws IOException {
                return Libvirtd.startWithTls(directory);
            }

            @Override
            String uri(Libvirtd daemon) {
                return daemon.tlsUri(daemon.pki());
            }
        };

        abstract Libvirtd start(Path directory) throws IOException;

        abstract String uri(Libvirtd daemon) throws IOException;
    }

    @Test
    void noStallEndsTheProcessOrHangsACaller(@TempDir Path directory) throws InterruptedException {
        Queue<String> results = new ConcurrentLinkedQueue<>();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> all = new ArrayList<>();
        for (Transport transport : Transport.values()) {
            for (int seconds : new int[] {10, 22, 60}) {
                Thread thread = new Thread(() -> {
                    try {
                        results.add(run(directory.resolve(transport + "-" + seconds), transport, seconds));
                    } catch (Exception | AssertionError e) {
                        failures.add(new AssertionError(transport + ", " + seconds + " s", e));
                    }
                });
                thread.start();
                all.add(thread);
            }
        }
        for (Thread thread : all) {
            thread.join();
        }
        results.forEach(System.out::println);
        assertThat(failures).isEmpty();
        assertThat(results).hasSize(all.size());
    }

    private static String run(Path directory, Transport transport, int seconds) throws Exception {
        long longest = 0;
        int failed = 0;
        int ended = 0;
        long slowestReturn = 0;
        try (Libvirtd daemon = transport.start(directory);
                Host host = TestHosts.open(new HostPolicy(
                        new HostName(transport.name().toLowerCase(Locale.ROOT) + seconds),
                        "libvirt",
                        Map.of("uri", transport.uri(daemon))))) {
            for (int round = 0; round < ROUNDS; round++) {
                Queue<Ended> calls = new ConcurrentLinkedQueue<>();
                List<Thread> callers = callers(host, calls);
                daemon.signal("STOP");
                // The length of the stall is the input of this test.
                TimeUnit.SECONDS.sleep(seconds);
                daemon.signal("CONT");
                long continued = System.nanoTime();
                await().atMost(LIMIT).until(() -> answers(host));
                slowestReturn = Math.max(slowestReturn, System.nanoTime() - continued);
                callers.forEach(Thread::interrupt);
                for (Thread caller : callers) {
                    caller.join(LIMIT.toMillis());
                    assertThat(caller.isAlive()).as("a caller hangs").isFalse();
                }
                for (Ended call : calls) {
                    longest = Math.max(longest, call.took().toMillis());
                    failed += call.failed() ? 1 : 0;
                    ended++;
                }
            }
        }
        assertThat(Duration.ofMillis(longest)).isLessThan(BOUND);
        assertThat(failed > 0).as("calls failed").isEqualTo(seconds > BOUND.toSeconds() - 1);
        return "%s, %d s, %d times: %d calls, %d failed; longest call %d ms, slowest return %d ms"
                .formatted(transport, seconds, ROUNDS, ended, failed, longest, slowestReturn / 1_000_000);
    }

    private static boolean answers(Host host) {
        try {
            host.vms();
            return true;
        } catch (UnderstudyException e) {
            return false;
        }
    }

    private static List<Thread> callers(Host host, Queue<Ended> calls) {
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            Thread caller = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    calls.add(timed(host));
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
                }
            });
            caller.start();
            callers.add(caller);
        }
        return callers;
    }

    private static Ended timed(Host host) {
        long start = System.nanoTime();
        boolean failed = false;
        try {
            host.vms();
        } catch (UnderstudyException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
            failed = true;
        }
        return new Ended(Duration.ofNanos(System.nanoTime() - start), failed);
    }
}
