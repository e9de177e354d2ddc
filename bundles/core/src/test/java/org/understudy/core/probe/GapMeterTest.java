// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.NetworkGap;
import org.understudy.api.NetworkGap.Measured;
import org.understudy.api.NetworkGap.NotMeasured;
import org.understudy.api.NetworkGap.PathCount;
import org.understudy.concurrent.testing.FakeScheduler;

class GapMeterTest {
    private static final Duration INTERVAL = Duration.ofMillis(10);

    private final FakeScheduler time = new FakeScheduler();
    private final GapMeter meter = new GapMeter("heartbeat", time);

    @Test
    void hasNothingToReportBeforeTheFirstPacket() {
        assertThat(meter.report(INTERVAL)).isEmpty();
    }

    @Test
    void countsAnUndisturbedStream() {
        for (int i = 0; i < 100; i++) {
            arrive(i + 1, "primary", i * 10);
        }

        assertThat(report(990))
                .isEqualTo(new Measured(
                        "heartbeat",
                        INTERVAL,
                        100,
                        100,
                        0,
                        0,
                        0,
                        Duration.ofMillis(10),
                        List.of(new PathCount("primary", 100, Duration.ofMillis(10)))));
    }

    @Test
    void doesNotCountWhatWasBeforeTheFirstPacket() {
        arrive(5000, "primary", 0);

        assertThat(report(0).sent()).isEqualTo(1);
    }

    @Test
    void countsLossAndTheGapOnThePathThatEndedIt() {
        arrive(1, "primary", 0);
        arrive(2, "primary", 10);
        arrive(7, "standby", 760);
        arrive(8, "standby", 770);

        Measured measured = report(770);

        assertThat(measured.sent()).isEqualTo(8);
        assertThat(measured.lost()).isEqualTo(4);
        assertThat(measured.longestGap()).isEqualTo(Duration.ofMillis(750));
        assertThat(measured.paths())
                .containsExactly(
                        new PathCount("primary", 2, Duration.ofMillis(10)),
                        new PathCount("standby", 2, Duration.ofMillis(750)));
    }

    @Test
    void countsAGapThatIsStillOpen() {
        arrive(1, "primary", 0);
        arrive(2, "primary", 10);

        assertThat(report(5010).longestGap()).isEqualTo(Duration.ofSeconds(5));
        assertThat(report(5010).lost()).isZero();
    }

    @Test
    void countsDuplicatesApartAndDoesNotLetThemHideAGap() {
        arrive(1, "primary", 0);
        arrive(1, "standby", 400);
        arrive(2, "standby", 900);

        Measured measured = report(900);

        assertThat(measured.received()).isEqualTo(2);
        assertThat(measured.duplicated()).isEqualTo(1);
        assertThat(measured.longestGap()).isEqualTo(Duration.ofMillis(900));
    }

    @Test
    void countsALatePacketAsReorderedAndNotAsLost() {
        arrive(1, "primary", 0);
        arrive(3, "primary", 20);
        arrive(2, "primary", 21);
        arrive(4, "primary", 30);

        Measured measured = report(30);

        assertThat(measured.reordered()).isEqualTo(1);
        assertThat(measured.lost()).isZero();
    }

    @Test
    void countsARestartedSenderFromItsOwnFirstNumber() {
        for (int i = 0; i < 10; i++) {
            arrive(9000 + i, "primary", i * 10);
        }
        arrive(1, "standby", 5000);
        arrive(2, "standby", 5010);
        arrive(4, "standby", 5030);

        Measured measured = report(5030);

        assertThat(measured.sent()).isEqualTo(14);
        assertThat(measured.lost()).isEqualTo(1);
        assertThat(measured.reordered()).isZero();
        assertThat(measured.longestGap()).isEqualTo(Duration.ofMillis(4910));
    }

    @Test
    void startsANewRunAfterANumberOutOfRange() {
        arrive(1, "primary", 0);
        arrive(Long.MAX_VALUE, "primary", 5);
        arrive(2, "primary", 10);

        assertThat(report(10).sent()).isEqualTo(3);
    }

    @Test
    void countsARequestWithoutAnswerAsLost() {
        arrive(1, "unknown", 0);
        meter.sent(2);
        meter.sent(3);

        assertThat(report(30).lost()).isEqualTo(2);
    }

    @Test
    void findsTheFirstPacketOnAPathAfterAMoment() {
        arrive(1, "primary", 0);
        arrive(2, "standby", 100);
        arrive(3, "standby", 200);

        assertThat(meter.firstOn("standby", nanos(0))).contains(nanos(100));
        assertThat(meter.firstOn("standby", nanos(100))).contains(nanos(200));
        assertThat(meter.firstOn("standby", nanos(200))).isEmpty();
        assertThat(meter.firstOn("nowhere", nanos(0))).isEmpty();
    }

    @Test
    void doesNotMeasureAGapInWhichThisServerDidNotRun() {
        arrive(1, "primary", 0);
        arrive(2, "primary", 900);
        time.passStopped(Duration.ofSeconds(60));
        arrive(3, "primary", 60_910);
        arrive(4, "primary", 60_920);

        assertThat(gap(60_920))
                .isEqualTo(
                        new NotMeasured(
                                "this server did not run for 60000 ms and received nothing meanwhile; longest gap besides: 900 ms (heartbeat)"));
        assertThat(meter.traffic(INTERVAL))
                .hasValueSatisfying(t -> assertThat(t.received()).isEqualTo(4));
    }

    @Test
    void doesNotMeasureAnOpenGapInWhichThisServerDidNotRun() {
        arrive(1, "primary", 0);
        time.passStopped(Duration.ofSeconds(40));

        assertThat(gap(40_010)).isInstanceOf(NotMeasured.class);
    }

    @Test
    void measuresALongerGapThanThatInWhichThisServerDidNotRun() {
        arrive(1, "primary", 0);
        time.passStopped(Duration.ofMillis(300));
        arrive(2, "primary", 310);
        arrive(3, "standby", 1210);

        Measured measured = report(1210);

        assertThat(measured.longestGap()).isEqualTo(Duration.ofMillis(900));
        assertThat(measured.paths())
                .containsExactly(
                        new PathCount("primary", 2, Duration.ZERO),
                        new PathCount("standby", 1, Duration.ofMillis(900)));
    }

    /** A server in a VM that is paused: its clocks stop with it. */
    @Test
    void doesNotMeasureAGapInWhichTheClockOfThisServerStopped() {
        arrive(1, "primary", 0);
        arrive(2, "primary", 10);
        advanceTo(30);
        meter.arrived(6002, "primary", Duration.ofSeconds(60));

        assertThat(gap(40))
                .isInstanceOfSatisfying(
                        NotMeasured.class,
                        gap -> assertThat(gap.reason()).contains("did not run for 59980 ms", "besides: 10 ms"));
    }

    @Test
    void measuresAGapThatTheSenderSawAsWell() {
        arrive(1, "primary", 0);
        advanceTo(59_000);
        meter.arrived(6002, "primary", Duration.ofSeconds(60));

        assertThat(report(59_000).longestGap()).isEqualTo(Duration.ofSeconds(59));
    }

    @Test
    void doesNotDependOnTheDate() {
        arrive(1, "primary", 0);
        time.stepDate(Duration.ofHours(1));
        arrive(2, "primary", 10);
        time.stepDate(Duration.ofHours(-2));
        arrive(3, "standby", 20);

        assertThat(report(20).longestGap()).isEqualTo(Duration.ofMillis(10));
        assertThat(meter.firstOn("standby", nanos(0))).contains(nanos(20));
    }

    static IntStream seeds() {
        return IntStream.range(0, 200);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void agreesWithAPlainCountUnderLossDuplicationAndReordering(int seed) {
        Random random = new Random(seed);
        int packets = 2 + random.nextInt(2999);
        List<Long> wire = new ArrayList<>();
        for (long n = 1; n <= packets; n++) {
            if (n == 1 || n == packets || random.nextInt(10) > 0) {
                wire.add(n);
            }
        }
        long received = wire.size();
        for (int i = 1; i + 2 < wire.size(); i += 3) {
            if (random.nextInt(5) == 0) {
                Collections.swap(wire, i, i + 1);
            }
        }
        List<Long> doubled = new ArrayList<>(wire);
        doubled.addAll(wire.subList(Math.max(0, wire.size() - 200), wire.size()));
        for (long number : doubled) {
            meter.arrived(number, "primary");
        }

        Measured measured = (Measured) meter.report(INTERVAL).orElseThrow();

        assertThat(measured.sent()).isEqualTo(packets);
        assertThat(measured.received()).isEqualTo(received);
        assertThat(measured.lost()).isEqualTo(packets - received);
        assertThat(measured.duplicated()).isEqualTo(doubled.size() - received);
    }

    private void arrive(long sequence, String path, long millis) {
        advanceTo(millis);
        meter.arrived(sequence, path);
    }

    private void advanceTo(long millis) {
        time.advance(Duration.ofNanos(nanos(millis) - time.nanos()));
    }

    private static long nanos(long millis) {
        return millis * 1_000_000;
    }

    private Measured report(long millis) {
        return (Measured) gap(millis);
    }

    private NetworkGap gap(long millis) {
        advanceTo(millis);
        return meter.report(INTERVAL).orElseThrow();
    }
}
