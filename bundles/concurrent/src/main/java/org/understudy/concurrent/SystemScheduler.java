// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;

/** Real threads and real time. */
public final class SystemScheduler implements Scheduler {
    private static final Logger LOG = LoggerFactory.getLogger(SystemScheduler.class);
    private static final SystemScheduler PROCESS = new SystemScheduler();

    private final Collection<CountedPool> pools = new ConcurrentLinkedQueue<>();
    private final StoppedTime stopped = new StoppedTime(this);
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(1, CountedPool.daemons("understudy-timer"));

    /**
     * The load of a pool.
     *
     * @param waiting tasks that wait for a thread
     */
    public record Usage(String name, int threads, int active, int waiting, long completed) {}

    private SystemScheduler() {
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(CountedPool.IDLE_SECONDS, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
    }

    /** The scheduler of this process. */
    public static Scheduler process() {
        return PROCESS;
    }

    /** The load of every open pool, in the order of creation. */
    public static List<Usage> usage() {
        return PROCESS.pools.stream().map(SystemScheduler::usage).toList();
    }

    private static Usage usage(CountedPool pool) {
        return new Usage(
                pool.name(),
                pool.limit(),
                pool.getActiveCount(),
                pool.getQueue().size(),
                pool.getCompletedTaskCount());
    }

    @Override
    public ExecutorService pool(String name, int threads, int waiting) {
        return open(
                waiting == 0
                        ? new CountedPool(name, threads, pools::remove)
                        : new CountedPool(name, threads, threads, waiting, pools::remove));
    }

    @Override
    public ExecutorService hostPool(String name) {
        return open(new HostPool(name, this, pools::remove));
    }

    private ExecutorService open(CountedPool pool) {
        pools.add(pool);
        return pool;
    }

    @Override
    public Subscription after(Duration delay, Runnable task) {
        Future<?> timed = timer.schedule(() -> guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> timed.cancel(false);
    }

    @Override
    public Subscription every(Duration period, Runnable task) {
        Future<?> timed = timer.scheduleWithFixedDelay(() -> guarded(task), 0, period.toNanos(), TimeUnit.NANOSECONDS);
        return () -> timed.cancel(false);
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long stoppedNanos() {
        return stopped.nanos();
    }

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
        if (nanos > 0) {
            monitor.wait(nanos / 1_000_000, (int) (nanos % 1_000_000));
        }
    }

    /** An exception ends neither the repetition of the task nor the timer. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RejectedExecutionException e) {
            LOG.debug("Pool of a timed task is closed", e);
        } catch (Throwable e) {
            LOG.error("Unhandled exception in a timed task", e);
        }
    }
}
