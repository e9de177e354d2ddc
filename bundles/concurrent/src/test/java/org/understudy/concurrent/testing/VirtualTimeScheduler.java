// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;

/**
 * Real threads and virtual time, for work that blocks. Time passes only while every thread of its pools waits for it, and
 * then at once: up to the next moment that one of them, or a timer, waits for. A thread that was notified and has not
 * checked yet what it waits for counts as one that works. Stopped until {@link #flow}.
 */
public final class VirtualTimeScheduler implements Scheduler, AutoCloseable {
    private Instant begin = Instant.now();
    private final ExecutorService threads = Executors.newCachedThreadPool(r -> {
        Thread thread = new Thread(r, "virtual-time");
        thread.setDaemon(true);
        return thread;
    });
    private final ThreadLocal<Boolean> counted = ThreadLocal.withInitial(() -> false);
    private final List<Wait> waits = new ArrayList<>();
    private final List<Timer> timers = new ArrayList<>();
    /** Increases with each task that begins or ends. */
    private long activity;

    private int busy;
    private long now;
    private long stopped;
    private boolean flowing;

    /** @param since the activity before which the thread had checked what it waits for */
    private record Wait(Thread thread, long until, long since) {}

    private static final class Timer {
        private final long at;
        private final Runnable task;

        Timer(long at, Runnable task) {
            this.at = at;
            this.task = task;
        }
    }

    private void execute(Runnable task) {
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

    /** Whether every thread of the pools has ended its task, or waits. */
    public synchronized boolean isIdle() {
        return busy == 0;
    }

    /** The number of threads, of the pools or not, that wait at present. */
    public synchronized int waiting() {
        return waits.size();
    }

    @Override
    public synchronized long nanos() {
        return now;
    }

    @Override
    public synchronized long stoppedNanos() {
        return stopped;
    }

    @Override
    public synchronized Instant instant() {
        return begin.plusNanos(nanos());
    }

    /** Starts the clock. */
    public synchronized void flow() {
        flowing = true;
        activity++;
    }

    public synchronized void stop() {
        flowing = false;
    }

    /** Lets time pass at once. */
    public synchronized void pass(Duration time) {
        advanceTo(now + time.toNanos());
    }

    /** Lets time pass at once while the process does not run. */
    public synchronized void passStopped(Duration time) {
        stopped += time.toNanos();
        advanceTo(now + time.toNanos());
    }

    /** Sets the date, as a step of NTP does. */
    public synchronized void stepDate(Duration span) {
        begin = begin.plus(span);
    }

    private void advanceTo(long end) {
        now = end;
        List<Timer> due = timers.stream().filter(t -> t.at <= now).toList();
        timers.removeAll(due);
        due.forEach(t -> execute(t.task));
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
                    advanceTo(Math.max(now, next()));
                }
                waits.remove(wait);
                busy += mine;
            }
        }
    }

    private long next() {
        return Math.min(
                waits.stream().mapToLong(Wait::until).min().orElse(now),
                timers.stream().mapToLong(t -> t.at).min().orElse(Long.MAX_VALUE));
    }

    /** Waits in a call that hangs until an event other than the passing of time. */
    public void hang(Object monitor) throws InterruptedException {
        await(monitor, Duration.ofDays(1).toNanos());
    }

    @Override
    public ExecutorService pool(String name, int number, int waiting) {
        return new ExecutorPool(this::execute);
    }

    @Override
    public synchronized Subscription after(Duration delay, Runnable task) {
        Timer timer = new Timer(now + delay.toNanos(), task);
        timers.add(timer);
        return () -> cancel(timer);
    }

    private synchronized void cancel(Timer timer) {
        timers.remove(timer);
    }

    @Override
    public Subscription every(Duration period, Runnable task) {
        throw new UnsupportedOperationException("no test needs it");
    }

    /** Waits for the threads, which may still write to a folder that the test deletes. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
