// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SenderClockTest {
    private final SenderClock clock = new SenderClock();

    @Test
    void usesTheMedianSoThatAPauseDoesNotCount() {
        tick(1, 0);
        tick(2, 10);
        tick(3, 20);
        tick(4, 5020);
        tick(5, 5030);
        tick(6, 5040);

        assertThat(clock.interval()).isEqualTo(Duration.ofMillis(10));
    }

    @Test
    void dividesTheTimeByTheLostNumbers() {
        tick(1, 0);
        tick(11, 100);

        assertThat(clock.interval()).isEqualTo(Duration.ofMillis(10));
    }

    @Test
    void knowsHowLongTheSenderSentWithoutThisServer() {
        tick(1, 0);
        tick(2, 10);
        tick(3, 1020);
        assertThat(clock.step()).as("within the lag of a packet").isZero();

        tick(4, 1030);
        tick(6004, 61_030);
        assertThat(clock.step()).isEqualTo(Duration.ofSeconds(60));

        tick(6005, 121_030);
        assertThat(clock.step()).as("a guest that was paused").isEqualTo(Duration.ofMillis(10));
    }

    @Test
    void hasNoIntervalBeforeTheSecondPacket() {
        tick(1, 0);

        assertThat(clock.interval()).isZero();
    }

    @Test
    void detectsAResetGuestByItsClock() {
        tick(500, 60_000);

        assertThat(tick(1, 3_000)).isTrue();
        assertThat(tick(2, 3_010)).isFalse();
    }

    @Test
    void detectsARestartedProgramByItsNumbers() {
        tick(5000, 60_000);

        assertThat(tick(1, 60_500)).isTrue();
    }

    @Test
    void toleratesALatePacket() {
        tick(500, 60_000);

        assertThat(tick(499, 59_990)).isFalse();
        assertThat(tick(490, 59_900)).isFalse();
    }

    private boolean tick(long sequence, long millis) {
        return clock.tick(sequence, millis * 1_000_000);
    }
}
