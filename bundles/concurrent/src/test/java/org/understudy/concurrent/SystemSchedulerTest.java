// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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

    /** Under a steady load the other threads of a burst stay idle, and end. */
    @ParameterizedTest
    @ValueSource(ints = {0, Integer.MAX_VALUE})
    void givesTheNextTaskToTheThreadThatBecameIdleLast(int waiting) throws Exception {
        ExecutorService pool = scheduler.pool("order-test", 3, waiting);
        Set<Thread> used = ConcurrentHashMap.newKeySet();
        List<CountDownLatch> ends =
                IntStream.range(0, 3).mapToObj(i -> new CountDownLatch(1)).toList();
        ends.forEach(end -> pool.execute(() -> hang(end)));
        ends.forEach(CountDownLatch::countDown);
        await().until(() -> active("order-test") == 0);

        for (int i = 0; i < 20; i++) {
            pool.submit(() -> used.add(Thread.currentThread())).get();
            await().pollInterval(Duration.ofMillis(1)).until(() -> active("order-test") == 0);
        }

        assertThat(used).hasSizeLessThan(3);
        pool.shutdown();
    }

    private static int active(String pool) {
        return SystemScheduler.usage().stream()
                .filter(u -> u.name().equals(pool))
                .mapToInt(SystemScheduler.Usage::active)
                .sum();
    }

    private static void hang(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A pool for as many hosts as may hang has one thread while none does. */
    @Test
    void startsAThreadOnlyIfNoneIsIdle() throws Exception {
        ExecutorService pool = scheduler.pool("idle-test", 100, Integer.MAX_VALUE);
        for (int i = 0; i < 500; i++) {
            int before = idle();
            pool.submit(() -> {}).get();
            await().pollInterval(Duration.ofMillis(1)).until(() -> idle() >= Math.max(1, before));
        }
        assertThat(idle()).isEqualTo(1);

        CountDownLatch leave = new CountDownLatch(1);
        IntStream.range(0, 150).forEach(i -> pool.execute(() -> hang(leave)));
        await().until(() -> idle() == 0 && named("idle-test").size() == 100);

        leave.countDown();
        pool.shutdown();
        assertThat(pool.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }

    private static List<Thread> named(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals(name))
                .toList();
    }

    /** The number of threads of the pool that wait for a task. */
    private static int idle() {
        return (int) named("idle-test").stream()
                .filter(t -> Arrays.stream(t.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().contains("WaitingTasks")))
                .count();
    }

    /** Many short tasks from many threads, on a pool whose threads all come and go. */
    @Test
    void runsEveryTask() throws Exception {
        ExecutorService pool = scheduler.pool("every-test", 2, Integer.MAX_VALUE);
        AtomicInteger ran = new AtomicInteger();
        List<Thread> senders = IntStream.range(0, 4)
                .mapToObj(n ->
                        new Thread(() -> IntStream.range(0, 20_000).forEach(i -> pool.execute(ran::incrementAndGet))))
                .toList();
        senders.forEach(Thread::start);
        for (Thread sender : senders) {
            sender.join();
        }

        await().until(() -> ran.get() == 80_000);
        pool.shutdown();
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
