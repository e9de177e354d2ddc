// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.understudy.core.migration.context.TimeSource;

/**
 * Time that passes only while every thread of {@link #execute} waits for it, and then at once: up to the next moment that
 * one of them waits for. A thread that was notified and has not checked yet what it waits for counts as one that works.
 * Stopped until {@link #flow}.
 */
public final class FakeTime implements TimeSource, Executor {
    private final Instant begin = Instant.now();
    private final ExecutorService threads = Executors.newCachedThreadPool(r -> {
        Thread thread = new Thread(r, "fake-time");
        thread.setDaemon(true);
        return thread;
    });
    private final ThreadLocal<Boolean> counted = ThreadLocal.withInitial(() -> false);
    private final List<Wait> waits = new ArrayList<>();
    /** Increases with each task that begins or ends. */
    private long activity;

    private int busy;
    private long now;
    private boolean flowing;

    /** @param since the activity before which the thread had checked what it waits for */
    private record Wait(Thread thread, long until, long since) {}

    @Override
    public void execute(Runnable task) {
        busy(1);
        threads.execute(() -> {
            counted.set(true);
            try {
                task.run();
            } finally {
                counted.set(false);
                busy(-1);
            }
        });
    }

    private synchronized void busy(int more) {
        busy += more;
        activity++;
    }

    @Override
    public synchronized long nanos() {
        return now;
    }

    @Override
    public Instant instant() {
        return begin.plusNanos(nanos());
    }

    /** Starts the clock. */
    public synchronized void flow() {
        flowing = true;
        activity++;
    }

    synchronized void stop() {
        flowing = false;
    }

    synchronized void pass(Duration time) {
        now += time.toNanos();
    }

    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
        int mine = counted.get() ? 1 : 0;
        Wait wait;
        synchronized (this) {
            wait = new Wait(Thread.currentThread(), now + Math.max(0, nanos), activity);
            waits.add(wait);
            busy -= mine;
        }
        try {
            monitor.wait(1);
        } finally {
            synchronized (this) {
                if (flowing && busy == 0 && waits.stream().allMatch(w -> w.since == activity)) {
                    now = Math.max(
                            now, waits.stream().mapToLong(Wait::until).min().orElse(now));
                }
                waits.remove(wait);
                busy += mine;
            }
        }
    }

    /** Waits in a call that hangs until an event other than the passing of time. */
    public void hang(Object monitor) throws InterruptedException {
        await(monitor, Duration.ofDays(1).toNanos());
    }

    public void close() {
        threads.shutdownNow();
    }
}
