// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Calls many hosts in parallel, so that a slow one delays no other. */
public final class FanOut {
    private static final Logger LOG = LoggerFactory.getLogger(FanOut.class);
    private static final ExecutorService POOL =
            SystemScheduler.process().pool("understudy-fan-out", Scheduler.WIDTH, 1024);

    private FanOut() {}

    /**
     * Calls a function with each target and blocks until all calls have returned. The calling thread takes part, so that
     * it makes progress while the pool is busy.
     *
     * @return the results, in the order of the targets
     * @throws UnderstudyException {@link ErrorCode#CANCELLED} if the thread is interrupted
     * @throws RuntimeException what a call threw; the results of the others are lost
     */
    public static <T, R> List<R> call(List<T> targets, Function<T, R> function) {
        List<CompletableFuture<R>> results =
                targets.stream().map(target -> new CompletableFuture<R>()).toList();
        AtomicInteger next = new AtomicInteger();
        Runnable worker = () -> {
            for (int i = next.getAndIncrement(); i < targets.size(); i = next.getAndIncrement()) {
                complete(results.get(i), function, targets.get(i));
            }
        };
        try {
            for (int i = 1; i < Math.min(Scheduler.WIDTH, targets.size()); i++) {
                POOL.execute(worker);
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("{} calls run with fewer threads, the pool is full", targets.size(), e);
        }
        worker.run();
        return results.stream().map(FanOut::await).toList();
    }

    private static <T, R> void complete(CompletableFuture<R> result, Function<T, R> function, T target) {
        try {
            result.complete(function.apply(target));
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }

    private static <R> R await(CompletableFuture<R> result) {
        try {
            return result.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "Interrupted while waiting for hosts", e);
        }
    }
}
