// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.concurrent;

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

/** Puts a question to many hosts, so that one that is slow to answer keeps no other from being asked. */
public final class FanOut {
    private static final Logger LOG = LoggerFactory.getLogger(FanOut.class);
    private static final ExecutorService HELPERS =
            SystemScheduler.process().pool("understudy-question", Scheduler.WIDTH, 1024);

    private FanOut() {}

    /**
     * Blocks until all have answered. The calling thread asks too, so that it gets on also while all others are
     * held up.
     *
     * @return the answers, in the order of those that were asked
     * @throws UnderstudyException {@link ErrorCode#CANCELLED} if the thread is interrupted
     * @throws RuntimeException what a question threw; answers of others are lost
     */
    public static <T, R> List<R> ask(List<T> those, Function<T, R> question) {
        List<CompletableFuture<R>> answers =
                those.stream().map(one -> new CompletableFuture<R>()).toList();
        AtomicInteger next = new AtomicInteger();
        Runnable asking = () -> {
            for (int i = next.getAndIncrement(); i < those.size(); i = next.getAndIncrement()) {
                answer(answers.get(i), question, those.get(i));
            }
        };
        try {
            for (int i = 1; i < Math.min(Scheduler.WIDTH, those.size()); i++) {
                HELPERS.execute(asking);
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("{} questions are asked with fewer threads", those.size(), e);
        }
        asking.run();
        return answers.stream().map(FanOut::await).toList();
    }

    private static <T, R> void answer(CompletableFuture<R> answer, Function<T, R> question, T one) {
        try {
            answer.complete(question.apply(one));
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
        }
    }

    private static <R> R await(CompletableFuture<R> answer) {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "a question to hosts was given up", e);
        }
    }
}
