// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;

/** Real threads and real time. */
public final class SystemScheduler implements Scheduler {
    private static final Logger LOG = LoggerFactory.getLogger(SystemScheduler.class);
    private static final int IDLE_SECONDS = 10;
    private static final SystemScheduler PROCESS = new SystemScheduler();

    private final Collection<Pool> pools = new ConcurrentLinkedQueue<>();
    private final StoppedTime stopped = new StoppedTime(this);
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, daemons("understudy-timer"));

    /**
     * The load of a pool.
     *
     * @param waiting tasks that wait for a thread
     */
    public record Usage(String name, int threads, int active, int waiting, long completed) {}

    private SystemScheduler() {
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
    }

    /** The scheduler of this process. */
    public static Scheduler process() {
        return PROCESS;
    }

    /** The load of every open pool, in the order of creation. */
    public static List<Usage> usage() {
        return PROCESS.pools.stream().map(Pool::usage).toList();
    }

    @Override
    public ExecutorService pool(String name, int threads, int waiting) {
        Pool pool = waiting == 0 ? new Pool(name, threads) : new Pool(name, threads, waiting, new IdleThreads());
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

    private static ThreadFactory daemons(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler((t, e) -> LOG.error("Unhandled exception in a thread of {}", name, e));
            return thread;
        };
    }

    /** Accepts a task only if an idle thread takes it at once; otherwise the pool starts a thread, up to its limit. */
    private static final class IdleThreads extends LinkedTransferQueue<Runnable> {
        private static final long serialVersionUID = 1;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }

        void enqueue(Runnable task) {
            super.offer(task);
        }
    }

    private final class Pool extends ThreadPoolExecutor {
        private final String name;

        /**
         * A pool without waiting tasks. The thread that became idle last gets the next task, so that the others end after a
         * burst, also under a steady load.
         */
        Pool(String name, int threads) {
            super(1, threads, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons(name));
            this.name = name;
            allowCoreThreadTimeOut(true);
            setRejectedExecutionHandler((task, pool) -> reject());
        }

        Pool(String name, int threads, int waiting, IdleThreads queue) {
            super(1, threads, IDLE_SECONDS, TimeUnit.SECONDS, queue, daemons(name));
            this.name = name;
            allowCoreThreadTimeOut(true);
            setRejectedExecutionHandler((task, pool) -> enqueue(task, waiting, queue));
        }

        private void reject() {
            throw new RejectedExecutionException("Pool " + name + " is closed or full");
        }

        /** Called when all threads are busy, or the pool is closed. */
        private void enqueue(Runnable task, int waiting, IdleThreads queue) {
            synchronized (queue) {
                if (isShutdown() || waiting < Integer.MAX_VALUE && queue.size() >= waiting) {
                    reject();
                }
                queue.enqueue(task);
            }
            if (isShutdown() && remove(task)) {
                throw new RejectedExecutionException("Pool " + name + " is closed");
            }
            if (getPoolSize() == 0) {
                // The last thread ended before it saw the task.
                prestartCoreThread();
            }
        }

        Usage usage() {
            return new Usage(
                    name, getMaximumPoolSize(), getActiveCount(), getQueue().size(), getCompletedTaskCount());
        }

        @Override
        protected void terminated() {
            pools.remove(this);
        }
    }
}
