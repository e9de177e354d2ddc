// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pool of daemon threads that end when they are idle. */
class CountedPool extends ThreadPoolExecutor {
    static final int IDLE_SECONDS = 10;
    private static final Logger LOG = LoggerFactory.getLogger(CountedPool.class);

    private final String name;
    private final int limit;
    private final Consumer<? super CountedPool> ended;

    /** A pool without waiting tasks. The thread that became idle last gets the next task, as with {@link WaitingTasks}. */
    CountedPool(String name, int threads, Consumer<? super CountedPool> ended) {
        this(name, threads, threads, new SynchronousQueue<>(), ended);
        setRejectedExecutionHandler((task, pool) -> reject());
    }

    /**
     * @param width the number of threads for now
     * @param limit the highest number of threads
     * @param waiting the highest number of waiting tasks
     * @param ended called when the pool is closed and its tasks have ended
     */
    CountedPool(String name, int width, int limit, int waiting, Consumer<? super CountedPool> ended) {
        this(name, width, limit, new WaitingTasks(), ended);
        setRejectedExecutionHandler((task, pool) -> enqueue(task, waiting, (WaitingTasks) getQueue()));
    }

    private CountedPool(
            String name, int width, int limit, BlockingQueue<Runnable> queue, Consumer<? super CountedPool> ended) {
        super(1, width, IDLE_SECONDS, TimeUnit.SECONDS, queue, daemons(name));
        this.name = name;
        this.limit = limit;
        this.ended = ended;
        allowCoreThreadTimeOut(true);
    }

    static ThreadFactory daemons(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler((t, e) -> LOG.error("Unhandled exception in a thread of {}", name, e));
            return thread;
        };
    }

    private void reject() {
        throw new RejectedExecutionException("Pool " + name + " is closed or full");
    }

    /** Called when all threads are busy, or the pool is closed. */
    private void enqueue(Runnable task, int waiting, WaitingTasks queue) {
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
        onWaiting();
    }

    /** A task waits for a thread. */
    void onWaiting() {}

    String name() {
        return name;
    }

    /** The highest number of threads. */
    int limit() {
        return limit;
    }

    @Override
    protected void terminated() {
        ended.accept(this);
    }
}
