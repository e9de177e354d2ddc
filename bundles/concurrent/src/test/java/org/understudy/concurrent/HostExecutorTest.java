// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.concurrent.testing.FakeScheduler;

class HostExecutorTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final HostName BETA = new HostName("beta");

    private final FakeScheduler clock = new FakeScheduler();
    private final List<HostName> overflows = new CopyOnWriteArrayList<>();
    private final HostExecutor real =
            new HostExecutor("executor-test", SystemScheduler.process(), 1000, overflows::add);
    private final HostExecutor executor = new HostExecutor("executor-test", clock, 1000, overflows::add);
    private final List<Integer> done = new CopyOnWriteArrayList<>();
    private final CountDownLatch hanging = new CountDownLatch(1);

    @AfterEach
    void close() {
        hanging.countDown();
        real.close();
    }

    private void hang() {
        try {
            hanging.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void runsTheTasksOfAHostInOrder() {
        List<Integer> numbers = IntStream.range(0, 500).boxed().toList();

        numbers.forEach(n -> real.run(ALPHA, n, () -> done.add(n)));

        await().untilAsserted(() -> assertThat(done).isEqualTo(numbers));
    }

    @Test
    void runsTasksOfOthersWhileAHostHangs() {
        real.run(ALPHA, "hang", this::hang);
        real.run(ALPHA, 1, () -> done.add(1));

        real.run(BETA, 2, () -> done.add(2));

        await().untilAsserted(() -> assertThat(done).containsExactly(2));
        hanging.countDown();
        await().untilAsserted(() -> assertThat(done).containsExactly(2, 1));
    }

    @Test
    void waitsForADelay() {
        executor.schedule(ALPHA, Duration.ofMillis(200), 1, () -> done.add(1));
        executor.run(ALPHA, 2, () -> done.add(2));

        assertThat(done).containsExactly(2);
        clock.advance(Duration.ofMillis(200));
        assertThat(done).containsExactly(2, 1);
    }

    @Test
    void continuesAfterAnException() {
        executor.run(ALPHA, "defect", () -> {
            throw new IllegalStateException("a defect");
        });
        executor.run(ALPHA, 1, () -> done.add(1));

        assertThat(done).containsExactly(1);
    }

    @Test
    void continuesAfterAnError() {
        real.run(ALPHA, "defect", () -> {
            throw new StackOverflowError("a defect");
        });
        real.run(ALPHA, 1, () -> done.add(1));

        await().untilAsserted(() -> assertThat(done).containsExactly(1));
    }

    @Test
    void dropsTasksBeyondItsLimitAndReportsTheOverflowOnce() {
        List<String> order = new ArrayList<>();
        HostExecutor small = new HostExecutor("executor-test", clock, 2, host -> order.add("overflow"));

        small.run(ALPHA, "first", () -> {
            for (String name : List.of("a", "b", "c", "d")) {
                order.add(name + " " + small.run(ALPHA, name, () -> order.add(name)));
            }
        });
        small.run(ALPHA, "e", () -> order.add("e"));

        assertThat(order).containsExactly("a true", "b true", "c false", "d false", "a", "b", "overflow", "e");
        assertThat(small.depth()).isZero();
    }

    @Test
    void runsNothingAfterClose() {
        executor.schedule(ALPHA, Duration.ZERO, 1, () -> done.add(1));
        executor.close();

        executor.run(ALPHA, 2, () -> done.add(2));
        executor.schedule(ALPHA, Duration.ZERO, 3, () -> done.add(3));

        clock.advance(Duration.ofHours(1));
        assertThat(done).isEmpty();
        assertThat(clock.timed()).isZero();
    }

    @Test
    void waitsForRunningTasksUpToADeadlineAndStartsNoOther() {
        real.run(ALPHA, "hang", this::hang);
        real.run(ALPHA, 1, () -> done.add(1));
        await().until(() -> real.depth() == 2);

        real.close(Deadline.in(SystemScheduler.process(), Duration.ofMillis(1)));
        assertThat(real.depth()).isPositive();
        hanging.countDown();
        real.close(Deadline.in(SystemScheduler.process(), Duration.ofSeconds(10)));

        assertThat(real.depth()).isZero();
        assertThat(done).isEmpty();
    }
}
