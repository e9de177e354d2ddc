// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.understudy.concurrent.testing.FakeScheduler;

class FakeSchedulerTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final FakeScheduler time = new FakeScheduler();
    private final List<String> done = new ArrayList<>();

    @Test
    void runsWhatItsTasksScheduleMeanwhile() {
        time.after(SECOND, () -> time.after(SECOND, () -> done.add("second")));

        time.advance(SECOND.multipliedBy(3));

        assertThat(done).containsExactly("second");
    }

    /** Otherwise it depends on chance how often a thread that repeats something by a timer does so during one advance. */
    @Test
    void countsWhatOtherThreadsScheduleFromTheNewTime() {
        time.after(
                SECOND,
                () -> CompletableFuture.runAsync(() -> time.after(SECOND, () -> done.add("second")))
                        .join());

        time.advance(SECOND.multipliedBy(3));

        assertThat(done).isEmpty();
        time.advance(SECOND);
        assertThat(done).containsExactly("second");
    }
}
