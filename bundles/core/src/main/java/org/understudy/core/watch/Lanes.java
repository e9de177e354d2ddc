// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;

/**
 * Works for hosts: in order for each, side by side for different ones, so that one that hangs keeps no other waiting.
 * Nothing is done any more, and nothing is thrown, once this is closed. Safe for use from any thread.
 */
public final class Lanes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);
    /** So many hosts may hang before others wait. */
    static final int WIDTH = 32;

    private final ScheduledThreadPoolExecutor clock;
    private final ExecutorService threads;
    /** The work of each host that has some, with what is being done first. */
    private final Map<HostName, Queue<Runnable>> lanes = new HashMap<>();

    /** @param name of the threads */
    public Lanes(String name) {
        this.clock = new ScheduledThreadPoolExecutor(1, daemons(name + "-clock"));
        clock.setRemoveOnCancelPolicy(true);
        this.threads = pool(name);
    }

    /** Threads for {@link #WIDTH} hosts that end by themselves when they have nothing to do. */
    static ExecutorService pool(String name) {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(WIDTH, WIDTH, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemons(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory daemons(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Does it when everything that was to be done for the host before is done. */
    public void run(HostName host, Runnable work) {
        synchronized (this) {
            Queue<Runnable> lane = lanes.computeIfAbsent(host, h -> new ArrayDeque<>());
            lane.add(work);
            if (lane.size() > 1) {
                return;
            }
        }
        begin(host);
    }

    /** The same after a while. */
    public void schedule(HostName host, Duration delay, Runnable work) {
        try {
            clock.schedule(() -> run(host, work), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed already", e);
        }
    }

    /** Does something again and again, on the clock's own thread: it must not wait for a host. */
    public void repeat(Duration every, Runnable work) {
        clock.scheduleWithFixedDelay(() -> done(work), 0, every.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void begin(HostName host) {
        try {
            threads.execute(() -> next(host));
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed already", e);
        }
    }

    /** One at a time, so that hosts with much to do take turns with the others. */
    private void next(HostName host) {
        Runnable work;
        synchronized (this) {
            work = lanes.get(host).element();
        }
        done(work);
        synchronized (this) {
            Queue<Runnable> lane = lanes.get(host);
            lane.remove();
            if (lane.isEmpty()) {
                lanes.remove(host);
                return;
            }
        }
        begin(host);
    }

    private static void done(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.error("Work for a host ended with a defect", e);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        threads.shutdownNow();
    }
}
