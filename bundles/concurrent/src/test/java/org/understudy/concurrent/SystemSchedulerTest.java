// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.understudy.api.Subscription;

class SystemSchedulerTest {
    private final Scheduler scheduler = SystemScheduler.process();

    private static List<SystemScheduler.Usage> usage() {
        return SystemScheduler.usage().stream()
                .filter(u -> u.name().equals("usage-test"))
                .toList();
    }

    @Test
    void countsTheTasksOfAPoolUntilItIsClosed() {
        CountDownLatch leave = new CountDownLatch(1);
        ExecutorService pool = scheduler.pool("usage-test", 1, 1);
        pool.execute(() -> hang(leave));
        pool.execute(() -> {});

        await().until(() -> usage().equals(List.of(new SystemScheduler.Usage("usage-test", 1, 1, 1, 0))));
        assertThatThrownBy(() -> pool.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);

        leave.countDown();
        await().until(() -> usage().equals(List.of(new SystemScheduler.Usage("usage-test", 1, 0, 0, 2))));
        pool.shutdown();
        await().until(() -> usage().isEmpty());
    }

    @Test
    void rejectsATaskThatWouldWaitIfNoneMay() {
        CountDownLatch leave = new CountDownLatch(1);
        ExecutorService pool = scheduler.pool("rejection-test", 2, 0);
        pool.execute(() -> hang(leave));
        pool.execute(() -> hang(leave));

        assertThatThrownBy(() -> pool.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);

        leave.countDown();
        pool.shutdown();
    }

    private static void hang(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void repeatsATimedTaskThatThrowsAnErrorUntilItIsCancelled() {
        AtomicInteger runs = new AtomicInteger();
        Subscription repeated = scheduler.every(Duration.ofMillis(1), () -> {
            runs.incrementAndGet();
            throw new NoClassDefFoundError("a defect");
        });
        await().until(() -> runs.get() >= 3);

        repeated.close();

        int soFar = runs.get();
        await().during(Duration.ofMillis(20)).until(() -> runs.get() <= soFar + 1);
    }
}
