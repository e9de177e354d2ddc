// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.concurrent.testing.FakeScheduler;

class HostPoolTest {
    private final FakeScheduler time = new FakeScheduler();
    private final AtomicInteger ended = new AtomicInteger();
    private final HostPool pool = new HostPool("host-pool-test", time, closed -> ended.incrementAndGet());
    private final CountDownLatch leave = new CountDownLatch(1);
    private final AtomicInteger running = new AtomicInteger();

    @AfterEach
    void close() {
        leave.countDown();
        pool.shutdown();
        await().untilAtomic(ended, n -> assertThat(n).isEqualTo(1));
    }

    private void hang(int tasks) {
        for (int i = 0; i < tasks; i++) {
            pool.execute(() -> {
                running.incrementAndGet();
                try {
                    leave.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    private void awaitRunning(int tasks) {
        await().until(() -> running.get() == tasks);
    }

    @Test
    void hasFewThreadsForTasksThatEnd() {
        hang(5 * HostPool.WIDTH);
        awaitRunning(HostPool.WIDTH);

        assertThat(pool.getPoolSize()).isEqualTo(HostPool.WIDTH);
        leave.countDown();
        awaitRunning(5 * HostPool.WIDTH);
        assertThat(pool.getLargestPoolSize()).isEqualTo(HostPool.WIDTH);
    }

    @Test
    void startsAThreadInPlaceOfEachThatHangs() {
        int hosts = 50;
        hang(hosts);
        awaitRunning(HostPool.WIDTH);
        for (int second = 1; running.get() < hosts; second++) {
            time.advance(HostPool.HANGING);
            awaitRunning(Math.min(hosts, (second + 1) * HostPool.WIDTH));
        }

        CountDownLatch answered = new CountDownLatch(1);
        pool.execute(answered::countDown);

        await().until(() -> answered.getCount() == 0);
    }
}
