// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.FakeScheduler;

final class ReconnectScheduleTest {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final FakeScheduler clock = new FakeScheduler();
    private final ReconnectSchedule schedule = new ReconnectSchedule(new Backoff(FIRST, LONGEST, () -> 0), clock);

    @Test
    void reconnectsAtOnceAfterAStableConnection() {
        schedule.opened();
        clock.advance(LONGEST.plusSeconds(1));

        assertThat(schedule.afterLoss()).isZero();
        assertThat(schedule.afterFailure()).isEqualTo(FIRST);
        assertThat(schedule.afterFailure()).isEqualTo(FIRST.multipliedBy(2));
    }

    @Test
    void pausesLongerEachTimeAConnectionIsLostSoon() {
        for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30}) {
            schedule.opened();
            clock.advance(LONGEST);

            assertThat(schedule.afterLoss()).isEqualTo(Duration.ofSeconds(seconds));
        }
    }

    @Test
    void startsAgainWithAShortPauseAfterAStableConnection() {
        for (int i = 0; i < 20; i++) {
            schedule.afterFailure();
        }
        schedule.opened();
        clock.advance(LONGEST.plusSeconds(1));

        assertThat(schedule.afterLoss()).isZero();
        assertThat(schedule.afterLoss()).isZero();
        assertThat(schedule.afterFailure()).isEqualTo(FIRST);
    }

    /** 1,000 hosts that were lost together are not opened together. */
    @Test
    void spreadsTheReconnectsOfManyHosts() {
        long different = java.util.stream.IntStream.range(0, 1000)
                .mapToObj(i -> new ReconnectSchedule(new Backoff(FIRST, LONGEST), clock).afterFailure())
                .distinct()
                .count();

        assertThat(different).isGreaterThan(200);
    }
}
