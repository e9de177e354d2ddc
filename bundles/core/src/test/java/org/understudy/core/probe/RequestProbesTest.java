// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.understudy.api.NetworkGap;
import org.understudy.api.NetworkGap.Measured;
import org.understudy.api.NetworkGap.NotMeasured;
import org.understudy.api.ProbeTarget;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.concurrent.testing.NeverStopped;

/** The ICMP and ARP probes, with the real programs and the network of the kernel. */
class RequestProbesTest {
    private static final Duration INTERVAL = Duration.ofMillis(50);
    private static final Scheduler SCHEDULER = new NeverStopped();
    private static final ExecutorService THREADS = SCHEDULER.pool("probes-test");
    private static final Duration ARP_INTERVAL = Duration.ofMillis(100);

    @Test
    void measuresByIcmpHowLongAnAddressWasUnreachable() throws IOException {
        try (TwoNamespaces net = TwoNamespaces.open();
                GapProbe probe = new IcmpProbe(
                        new ProbeTarget.Icmp(TwoNamespaces.FAR_ADDRESS, INTERVAL),
                        net.programs(),
                        SCHEDULER,
                        THREADS)) {
            measuresASilence(net, probe, "icmp", INTERVAL);
        }
    }

    @Test
    void measuresByArpHowLongAnAddressWasUnreachable() throws IOException {
        try (TwoNamespaces net = TwoNamespaces.open();
                GapProbe probe = new ArpProbe(
                        new ProbeTarget.Arp(TwoNamespaces.NEAR_NIC, TwoNamespaces.FAR_ADDRESS, ARP_INTERVAL),
                        net.programs(),
                        SCHEDULER,
                        THREADS)) {
            measuresASilence(net, probe, "arp", ARP_INTERVAL);
        }
    }

    private static void measuresASilence(TwoNamespaces net, GapProbe probe, String method, Duration interval)
            throws IOException {
        awaitReceived(probe, 5);
        long start = System.nanoTime();
        net.disconnect();
        long away = System.nanoTime();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(800));
        Duration atLeast = Duration.ofNanos(System.nanoTime() - away);
        net.connect();
        long before = ((Measured) probe.report()).received();
        Measured measured = awaitReceived(probe, before + 3);
        Duration atMost = Duration.ofNanos(System.nanoTime() - start).plus(interval.multipliedBy(4));

        assertThat(measured.method()).isEqualTo(method);
        assertThat(measured.interval()).isEqualTo(interval);
        assertThat(measured.longestGap()).isBetween(atLeast.minus(interval), atMost);
        assertThat(measured.lost()).isBetween(3L, atMost.dividedBy(interval) + 6);
        assertThat(measured.sent()).isEqualTo(measured.received() + measured.lost());
        assertThat(probe.firstOn("primary", Long.MIN_VALUE / 2)).isEmpty();
    }

    @Test
    void losesNothingOverTheLoopbackDevice() throws IOException {
        try (GapProbe probe =
                new IcmpProbe(new ProbeTarget.Icmp("127.0.0.1", INTERVAL), new Programs(), SCHEDULER, THREADS)) {
            assertThat(awaitReceived(probe, 10).lost()).isZero();
        }
    }

    @Test
    void isNotMeasuredWithoutAnAnswerAndReportsTheOutputOfPing() throws IOException {
        try (TwoNamespaces net = TwoNamespaces.open();
                GapProbe probe = new IcmpProbe(
                        new ProbeTarget.Icmp("10.77.0.99", INTERVAL), net.programs(), SCHEDULER, THREADS)) {
            await().untilAsserted(() -> assertThat(probe.report())
                    .isInstanceOfSatisfying(
                            NotMeasured.class, n -> assertThat(n.reason()).contains("10.77.0.99", "no answer yet")));
        }
    }

    @Test
    void treatsAnAddressThatResemblesAnOptionAsAnAddress() {
        try (GapProbe probe = new IcmpProbe(new ProbeTarget.Icmp("-V", INTERVAL), new Programs(), SCHEDULER, THREADS)) {
            await().untilAsserted(() -> assertThat(probe.report())
                    .isInstanceOfSatisfying(
                            NotMeasured.class, n -> assertThat(n.reason()).contains("-V:")));
        }
    }

    @Test
    void isNotMeasuredWithoutTheProgramAndNamesTheRemedy() {
        Programs none = new Programs(List.of("no-such-program-of-understudy"));
        GapProbe icmp = new IcmpProbe(new ProbeTarget.Icmp("127.0.0.1", INTERVAL), none, SCHEDULER, THREADS);
        GapProbe arp = new ArpProbe(new ProbeTarget.Arp("lo", "127.0.0.1", INTERVAL), none, SCHEDULER, THREADS);

        assertThat(reason(icmp)).contains("install iputils-ping");
        await().untilAsserted(() -> assertThat(reason(arp)).contains("install iputils-arping"));
        icmp.close();
        arp.close();
    }

    @Test
    void endsItsProgramAndKeepsItsAnswerWhenClosed() {
        long before = children();
        GapProbe probe = new IcmpProbe(new ProbeTarget.Icmp("127.0.0.1", INTERVAL), new Programs(), SCHEDULER, THREADS);
        awaitReceived(probe, 2);
        assertThat(children()).isGreaterThan(before);

        probe.close();
        NetworkGap answer = probe.report();

        await().until(() -> children() <= before);
        assertThat(probe.report()).isSameAs(answer);
    }

    @Test
    void isNotMeasuredIfNoThreadIsAvailable() {
        try (GapProbe probe =
                new IcmpProbe(new ProbeTarget.Icmp("127.0.0.1", INTERVAL), new Programs(), SCHEDULER, task -> {
                    throw new RejectedExecutionException("full");
                })) {
            assertThat(reason(probe)).contains("no thread is available");
        }
    }

    @Test
    void sendsNoArpRequestAfterItIsClosed() {
        FakeScheduler time = new FakeScheduler();
        GapProbe withoutProgram = new ArpProbe(
                new ProbeTarget.Arp("lo", "127.0.0.1", INTERVAL),
                new Programs(List.of("no-such-program-of-understudy")),
                time,
                Runnable::run);

        assertThat(reason(withoutProgram)).contains("install iputils-arping");
        assertThat(time.timed()).isZero();
    }

    private static long children() {
        return ProcessHandle.current()
                .children()
                .filter(c -> c.info().command().orElse("").endsWith("/ping"))
                .count();
    }

    private static String reason(GapProbe probe) {
        return ((NotMeasured) probe.report()).reason();
    }

    private static Measured awaitReceived(GapProbe probe, long received) {
        return (Measured) await().until(
                        probe::report,
                        report -> report instanceof Measured measured && measured.received() >= received);
    }
}
