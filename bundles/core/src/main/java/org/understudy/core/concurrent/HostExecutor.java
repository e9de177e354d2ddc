// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.concurrent;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;

/**
 * Runs tasks for hosts: in order for each host, side by side for different ones, so that one that hangs delays no other.
 * A task that throws anything ends alone. Once this is closed nothing is run any more, and nothing is thrown. Safe for
 * use from any thread.
 */
public final class HostExecutor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostExecutor.class);

    private final String name;
    private final Scheduler scheduler;
    private final ExecutorService threads;
    private final int limit;
    private final Consumer<HostName> overflowed;
    /** The tasks of each host that has some. */
    private final Map<HostName, Lane> lanes = new HashMap<>();

    private final Set<Timed> timed = new HashSet<>();
    private boolean closed;

    private record Task(Object label, Runnable work) {}

    private static final class Lane {
        /** What is being done comes first. */
        private final Queue<Task> tasks = new ArrayDeque<>();

        private boolean overflowed;
    }

    private static final class Timed {
        private Subscription timer = () -> {};
    }

    /** For users who add a bounded number of tasks by themselves. */
    public HostExecutor(String name, Scheduler scheduler) {
        this(name, scheduler, Integer.MAX_VALUE, host -> {});
    }

    /**
     * @param name of the threads
     * @param limit how many tasks of one host wait at most; the next are dropped
     * @param overflowed called in the place of dropped tasks, once the host's turn has come again
     */
    public HostExecutor(String name, Scheduler scheduler, int limit, Consumer<HostName> overflowed) {
        this.name = name;
        this.scheduler = scheduler;
        this.limit = limit;
        this.overflowed = overflowed;
        this.threads = scheduler.pool(name);
    }

    /**
     * Runs a task once all tasks of the host before it have ended.
     *
     * @param label what the log calls the task
     * @return false if the task was dropped, as too many are waiting
     */
    public boolean run(HostName host, Object label, Runnable work) {
        synchronized (this) {
            if (closed) {
                return false;
            }
            Lane lane = lanes.computeIfAbsent(host, h -> new Lane());
            if (lane.tasks.size() > limit) {
                overflow(host, lane);
                return false;
            }
            lane.tasks.add(new Task(label, work));
            if (lane.tasks.size() > 1) {
                return true;
            }
        }
        begin(host);
        return true;
    }

    private void overflow(HostName host, Lane lane) {
        if (!lane.overflowed) {
            lane.overflowed = true;
            LOG.warn("Host {}: more than {} tasks of {} are waiting; further ones are dropped", host, limit, name);
            lane.tasks.add(new Task("catching up", () -> {
                synchronized (this) {
                    lane.overflowed = false;
                }
                overflowed.accept(host);
            }));
        }
    }

    /** The same after a delay. */
    public synchronized void schedule(HostName host, Duration delay, Object label, Runnable work) {
        if (closed) {
            return;
        }
        Timed one = new Timed();
        timed.add(one);
        one.timer = scheduler.after(delay, () -> {
            synchronized (this) {
                timed.remove(one);
            }
            run(host, label, work);
        });
    }

    /** How many tasks wait or run, for all hosts. */
    public synchronized int depth() {
        return lanes.values().stream().mapToInt(lane -> lane.tasks.size()).sum();
    }

    private void begin(HostName host) {
        try {
            threads.execute(() -> next(host));
        } catch (RejectedExecutionException e) {
            LOG.debug("{} is closed", name, e);
        }
    }

    /** One at a time, so that hosts with much to do take turns with the others. */
    private void next(HostName host) {
        Task task;
        synchronized (this) {
            task = lanes.get(host).tasks.element();
        }
        try {
            task.work().run();
        } catch (Throwable e) {
            LOG.error("Host {}: unhandled exception in task {} of {}", host, task.label(), name, e);
        }
        synchronized (this) {
            Lane lane = lanes.get(host);
            lane.tasks.remove();
            if (lane.tasks.isEmpty()) {
                lanes.remove(host);
                return;
            }
        }
        begin(host);
    }

    @Override
    public synchronized void close() {
        closed = true;
        timed.forEach(t -> t.timer.close());
        timed.clear();
        threads.shutdownNow();
    }
}
