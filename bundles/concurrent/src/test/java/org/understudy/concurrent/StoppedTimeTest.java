// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.understudy.concurrent.testing.FakeScheduler;

class StoppedTimeTest {
    private static final Duration TOLERANCE = Duration.ofMillis(50);

    private final FakeScheduler time = new FakeScheduler();
    private final StoppedTime stopped = new StoppedTime(time);

    @Test
    void isZeroWhileTheProcessRuns() {
        stopped.nanos();

        time.advance(Duration.ofSeconds(90));

        assertThat(stopped.nanos()).isZero();
    }

    @Test
    void countsAStopWhicheverThreadRunsFirstAfterIt() {
        stopped.nanos();
        time.advance(Duration.ofSeconds(1));

        time.passStopped(Duration.ofSeconds(40));
        requireCounted("read first", 40);
        time.passStopped(Duration.ofSeconds(60));
        time.advance(Duration.ofSeconds(1));

        requireCounted("ticked first", 100);
    }

    private void requireCounted(String what, long seconds) {
        Duration counted = Duration.ofNanos(stopped.nanos());
        Duration all = Duration.ofSeconds(seconds);
        assertThat(counted).as(what).isBetween(all.minus(TOLERANCE.multipliedBy(2)), all);
    }

    @Test
    void toleratesAThreadThatIsBrieflyLate() {
        stopped.nanos();

        time.passStopped(Duration.ofMillis(140));

        assertThat(stopped.nanos()).isZero();
    }

    @Test
    void needsNoTimerWhileItIsNotRead() {
        stopped.nanos();
        time.advance(Duration.ofMinutes(2));
        assertThat(time.timed()).isZero();

        time.passStopped(Duration.ofMinutes(10));

        assertThat(stopped.nanos()).as("unknown is not stopped").isZero();
        assertThat(time.timed()).isEqualTo(1);
    }
}
