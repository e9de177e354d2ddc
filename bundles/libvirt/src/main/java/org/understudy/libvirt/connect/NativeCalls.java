// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;

/**
 * Threads in which libvirt may block, and how many of them each host occupies. A thread cannot be taken from libvirt: it ends
 * when the host answers, or when its connection is closed.
 */
public final class NativeCalls {
    private static final Logger LOG = LoggerFactory.getLogger(NativeCalls.class);

    private final ExecutorService threads;
    private final Map<HostName, Integer> running = new ConcurrentHashMap<>();

    /** @param threads a pool where tasks do not wait for each other */
    NativeCalls(ExecutorService threads) {
        this.threads = threads;
    }

    /**
     * Runs a task on a thread of its own; does not block.
     *
     * @throws RejectedExecutionException if there are no more threads, or the pool is closed
     */
    void run(HostName host, Runnable task) {
        running.merge(host, 1, Integer::sum);
        try {
            threads.execute(() -> runCounted(host, task));
        } catch (RejectedExecutionException e) {
            ended(host);
            throw e;
        }
    }

    /**
     * Runs a task for several hosts on a thread of its own; does not block. It calls {@link #count} for each host.
     *
     * @throws RejectedExecutionException as {@link #run}
     */
    void execute(Runnable task) {
        threads.execute(task);
    }

    /** Runs a task of a host on the calling thread. */
    void count(HostName host, Runnable task) {
        running.merge(host, 1, Integer::sum);
        runCounted(host, task);
    }

    private void runCounted(HostName host, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: unhandled exception in a call of libvirt", host, e);
        } finally {
            ended(host);
        }
    }

    private void ended(HostName host) {
        running.computeIfPresent(host, (h, n) -> n == 1 ? null : n - 1);
    }

    /** The number of tasks of a host that have not ended. */
    int running(HostName host) {
        return running.getOrDefault(host, 0);
    }

    void close() {
        threads.shutdown();
    }
}
