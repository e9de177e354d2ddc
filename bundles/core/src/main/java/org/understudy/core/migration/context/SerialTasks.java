// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.NamedTask;

/**
 * Runs tasks of one key in order, and of different keys concurrently. A queued task is not queued twice, so a key that
 * hangs holds at most one task per name. Safe for use from any thread.
 *
 * @param <K> the key that orders tasks, such as a host
 */
public final class SerialTasks<K> {
    private static final Logger LOG = LoggerFactory.getLogger(SerialTasks.class);

    private final String name;
    private final Executor threads;
    /** The queued tasks of each key that has a running thread. */
    private final Map<K, Map<String, Runnable>> queues = new HashMap<>();

    private boolean closed;

    public SerialTasks(String name, Executor threads) {
        this.name = name;
        this.threads = threads;
    }

    /** Never blocks. Does nothing once this is closed. */
    public synchronized void run(K key, String task, Runnable work) {
        if (closed) {
            return;
        }
        Map<String, Runnable> queue = queues.get(key);
        if (queue != null) {
            queue.put(task, work);
            return;
        }
        queues.put(key, new LinkedHashMap<>(Map.of(task, work)));
        try {
            threads.execute(() -> drain(key));
        } catch (RejectedExecutionException e) {
            queues.remove(key);
            LOG.debug("{} {}: executor is shut down, task dropped", name, key, e);
        }
    }

    private void drain(K key) {
        for (Optional<Runnable> next = take(key); next.isPresent(); next = take(key)) {
            next.get().run();
        }
    }

    private synchronized Optional<Runnable> take(K key) {
        var waiting = queues.get(key).entrySet().iterator();
        if (closed || !waiting.hasNext()) {
            queues.remove(key);
            notifyAll();
            return Optional.empty();
        }
        var next = waiting.next();
        waiting.remove();
        return Optional.of(new NamedTask(name + "-" + key, next.getValue()));
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Starts no more tasks, and waits for the running ones up to the deadline. */
    public synchronized void close(Deadline deadline) {
        closed = true;
        try {
            while (!queues.isEmpty() && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
