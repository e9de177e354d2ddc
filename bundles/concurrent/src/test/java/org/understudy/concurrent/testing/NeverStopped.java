// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** Real threads and real time, of which none counts as stopped: a machine under load delays the timer that measures it. */
public final class NeverStopped implements Scheduler {
    private final Scheduler real = SystemScheduler.process();

    @Override
    public long stoppedNanos() {
        return 0;
    }

    @Override
    public ExecutorService pool(String name, int threads, int waiting) {
        return real.pool(name, threads, waiting);
    }

    @Override
    public Subscription after(Duration delay, Runnable task) {
        return real.after(delay, task);
    }

    @Override
    public Subscription every(Duration period, Runnable task) {
        return real.every(period, task);
    }

    @Override
    public long nanos() {
        return real.nanos();
    }

    @Override
    public Instant instant() {
        return real.instant();
    }

    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
        real.await(monitor, nanos);
    }
}
