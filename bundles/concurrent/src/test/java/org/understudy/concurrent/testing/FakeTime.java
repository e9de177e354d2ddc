// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** Real threads, and time that passes only by {@link #advance}. For code whose threads block, such as on a socket. */
public final class FakeTime implements Scheduler {
    private final FakeScheduler time = new FakeScheduler();

    /** Advances the time and runs the timed tasks that are due meanwhile, in order. */
    public void advance(Duration span) {
        time.advance(span);
    }

    /** Lets time pass while the process does not run. */
    public void passStopped(Duration span) {
        time.passStopped(span);
    }

    /** The number of scheduled tasks. */
    public int timed() {
        return time.timed();
    }

    @Override
    public ExecutorService pool(String name, int threads, int waiting) {
        return SystemScheduler.process().pool(name, threads, waiting);
    }

    @Override
    public Subscription after(Duration delay, Runnable task) {
        return time.after(delay, task);
    }

    @Override
    public Subscription every(Duration period, Runnable task) {
        return time.every(period, task);
    }

    @Override
    public long nanos() {
        return time.nanos();
    }

    @Override
    public long stoppedNanos() {
        return time.stoppedNanos();
    }

    @Override
    public Instant instant() {
        return time.instant();
    }

    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
        time.await(monitor, nanos);
    }
}
