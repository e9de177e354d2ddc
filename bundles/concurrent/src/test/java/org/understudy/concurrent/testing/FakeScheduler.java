// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;

/**
 * Threads and time under the control of a test. Time passes only by {@link #advance}. A task runs at once on the thread that
 * submits it, or right after the task that submits it: when a call returns, all tasks that it caused have run.
 */
public final class FakeScheduler implements Scheduler {
    private Instant begin = Instant.now();
    private final List<Timed> timed = new ArrayList<>();
    private final Queue<Runnable> ready = new ArrayDeque<>();
    private long now;
    private long stopped;
    private boolean draining;
    /** The thread that advances the time, and the moment that it advances to. */
    private Thread advancing;

    private long end;

    private static final class Timed {
        private final Runnable task;
        private long at;

        Timed(long at, Runnable task) {
            this.at = at;
            this.task = task;
        }
    }

    /** Advances the time and runs the tasks that are due meanwhile, in order. For other threads the time passes at once. */
    public void advance(Duration span) {
        synchronized (this) {
            end = now + span.toNanos();
            advancing = Thread.currentThread();
        }
        for (Timed next = due(); next != null; next = due()) {
            perform(next.task);
        }
        synchronized (this) {
            now = end;
            advancing = null;
        }
    }

    /** Lets time pass while the process does not run: no task runs meanwhile. */
    public synchronized void passStopped(Duration span) {
        now += span.toNanos();
        stopped += span.toNanos();
    }

    /** Sets the date, as a step of NTP does. */
    public synchronized void stepDate(Duration span) {
        begin = begin.plus(span);
    }

    private synchronized Timed due() {
        Timed next = timed.stream().min(Comparator.comparingLong(t -> t.at)).orElse(null);
        if (next == null || next.at > end) {
            return null;
        }
        timed.remove(next);
        now = Math.max(now, next.at);
        return next;
    }

    private void perform(Runnable task) {
        synchronized (this) {
            ready.add(task);
            if (draining) {
                return;
            }
            draining = true;
        }
        for (Runnable next = take(); next != null; next = take()) {
            next.run();
        }
    }

    private synchronized Runnable take() {
        Runnable next = ready.poll();
        draining = next != null;
        return next;
    }

    /** The number of scheduled tasks. */
    public synchronized int timed() {
        return timed.size();
    }

    @Override
    public ExecutorService pool(String name, int threads, int waiting) {
        return new ExecutorPool(this::perform);
    }

    @Override
    public synchronized Subscription after(Duration delay, Runnable task) {
        Timed one = new Timed(nanos() + delay.toNanos(), task);
        timed.add(one);
        return () -> cancel(one);
    }

    private synchronized void cancel(Timed one) {
        timed.remove(one);
    }

    @Override
    public Subscription every(Duration period, Runnable task) {
        Subscription[] next = {() -> {}};
        Runnable again = new Runnable() {
            @Override
            public void run() {
                next[0] = after(period, this);
                task.run();
            }
        };
        perform(again);
        return () -> next[0].close();
    }

    @Override
    public synchronized long nanos() {
        return advancing == null || advancing == Thread.currentThread() ? now : end;
    }

    @Override
    public synchronized long stoppedNanos() {
        return stopped;
    }

    @Override
    public synchronized Instant instant() {
        return begin.plusNanos(nanos());
    }

    /** Returns early, as time passes on another thread. */
    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
        monitor.wait(1);
    }
}
