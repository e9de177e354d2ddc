// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent.testing;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** A pool without threads of its own: passes its tasks to an executor that all pools of a fake scheduler share. */
final class ExecutorPool extends AbstractExecutorService {
    private final Executor shared;
    private volatile boolean closed;

    ExecutorPool(Executor shared) {
        this.shared = shared;
    }

    @Override
    public void execute(Runnable task) {
        if (closed) {
            throw new RejectedExecutionException("closed");
        }
        shared.execute(task);
    }

    @Override
    public void shutdown() {
        closed = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        closed = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return closed;
    }

    @Override
    public boolean isTerminated() {
        return closed;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return closed;
    }
}
