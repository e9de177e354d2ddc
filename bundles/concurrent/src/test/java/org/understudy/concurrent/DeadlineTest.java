// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.understudy.concurrent.testing.FakeScheduler;

class DeadlineTest {
    private final FakeScheduler time = new FakeScheduler();

    @Test
    void isNotOverBecauseTheProcessWasStopped() {
        Deadline deadline = Deadline.in(time, Duration.ofSeconds(15));
        Stopwatch watch = Stopwatch.start(time);
        time.advance(Duration.ofSeconds(5));

        time.passStopped(Duration.ofSeconds(40));

        assertThat(deadline.isOver()).isFalse();
        assertThat(deadline.left()).isEqualTo(Duration.ofSeconds(10));
        assertThat(watch.elapsed()).isEqualTo(Duration.ofSeconds(45));
        assertThat(watch.stopped()).isEqualTo(Duration.ofSeconds(40));
        time.advance(Duration.ofSeconds(10));
        assertThat(deadline.isOver()).isTrue();
    }

    @Test
    void doesNotDependOnTheDate() {
        Deadline deadline = Deadline.in(time, Duration.ofSeconds(15));

        time.stepDate(Duration.ofHours(1));
        assertThat(deadline.isOver()).isFalse();
        time.stepDate(Duration.ofHours(-2));
        time.advance(Duration.ofSeconds(15));

        assertThat(deadline.isOver()).isTrue();
    }
}
