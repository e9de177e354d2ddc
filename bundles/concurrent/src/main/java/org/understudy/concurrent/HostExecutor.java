// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

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
 * Runs the tasks of each host in order and those of different hosts in parallel, so that a host that hangs delays no
 * other. A task that throws ends alone. After {@link #close} tasks are ignored without an exception. Safe for use from any
 * thread.
 */
public final class HostExecutor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostExecutor.class);

    private final String name;
    private final Scheduler scheduler;
    private final ExecutorService threads;
    private final int limit;
    private final Consumer<HostName> overflowed;
    /** Only hosts with tasks. */
    private final Map<HostName, HostQueue> queues = new HashMap<>();

    private final Set<Timed> timed = new HashSet<>();
    private boolean closed;

    private record Task(Object label, Runnable work) {}

    private static final class HostQueue {
        /** The running task comes first. */
        private final Queue<Task> tasks = new ArrayDeque<>();

        private boolean overflowed;
    }

    private static final class Timed {
        private Subscription timer = () -> {};
    }

    /** Creates an executor without a limit, for callers that bound the number of tasks themselves. */
    public HostExecutor(String name, Scheduler scheduler) {
        this(name, scheduler, Integer.MAX_VALUE, host -> {});
    }

    /**
     * @param name of the threads
     * @param limit the highest number of waiting tasks of one host; further ones are dropped
     * @param overflowed called once in place of the dropped tasks, in the order of the host's tasks
     */
    public HostExecutor(String name, Scheduler scheduler, int limit, Consumer<HostName> overflowed) {
        this.name = name;
        this.scheduler = scheduler;
        this.limit = limit;
        this.overflowed = overflowed;
        this.threads = scheduler.hostPool(name);
    }

    /**
     * Runs a task after the earlier tasks of the host have ended.
     *
     * @param label the task's name in the log
     * @return false if the task was dropped, because the queue is full or closed
     */
    public boolean run(HostName host, Object label, Runnable work) {
        synchronized (this) {
            if (closed) {
                return false;
            }
            HostQueue queue = queues.computeIfAbsent(host, h -> new HostQueue());
            if (queue.tasks.size() > limit) {
                overflow(host, queue);
                return false;
            }
            queue.tasks.add(new Task(label, work));
            if (queue.tasks.size() > 1) {
                return true;
            }
        }
        begin(host);
        return true;
    }

    private void overflow(HostName host, HostQueue queue) {
        if (!queue.overflowed) {
            queue.overflowed = true;
            LOG.warn("Host {}: queue of {} tasks for {} is full, dropping tasks", host, limit, name);
            queue.tasks.add(new Task("resync after overflow", () -> {
                synchronized (this) {
                    queue.overflowed = false;
                }
                overflowed.accept(host);
            }));
        }
    }

    /** Runs a task after a delay, behind the earlier tasks of the host. */
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

    /** The number of waiting and running tasks of all hosts. */
    public synchronized int depth() {
        return queues.values().stream().mapToInt(queue -> queue.tasks.size()).sum();
    }

    private void begin(HostName host) {
        try {
            threads.execute(() -> next(host));
        } catch (RejectedExecutionException e) {
            LOG.debug("{} is closed", name, e);
        }
    }

    /** Runs one task and queues the host again, so that a busy host does not keep a thread. */
    private void next(HostName host) {
        Task task;
        synchronized (this) {
            if (closed) {
                remove(host);
                return;
            }
            task = queues.get(host).tasks.element();
        }
        try {
            task.work().run();
        } catch (Throwable e) {
            LOG.error("Host {}: unhandled exception in task {} of {}", host, task.label(), name, e);
        }
        synchronized (this) {
            HostQueue queue = queues.get(host);
            queue.tasks.remove();
            if (queue.tasks.isEmpty() || closed) {
                remove(host);
                return;
            }
        }
        begin(host);
    }

    private void remove(HostName host) {
        queues.remove(host);
        notifyAll();
    }

    /** Starts no more tasks, and interrupts the running ones. */
    @Override
    public synchronized void close() {
        end();
        threads.shutdownNow();
    }

    /** Starts no more tasks, and waits for the running ones up to the deadline. */
    public synchronized void close(Deadline deadline) {
        end();
        try {
            while (!queues.isEmpty() && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdown();
    }

    private void end() {
        closed = true;
        timed.forEach(t -> t.timer.close());
        timed.clear();
    }
}
