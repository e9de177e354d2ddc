// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Puts a question to many hosts, so that the answer takes as long as that of the slowest, not as all of them. */
public final class SideBySide {
    /** So many are asked at once. */
    private static final int WIDTH = 32;

    private SideBySide() {}

    /**
     * Blocks until all have answered.
     *
     * @return the answers, in the order of those that were asked
     * @throws UnderstudyException {@link ErrorCode#CANCELLED} if the thread is interrupted
     * @throws RuntimeException what a question threw; answers of others are lost
     */
    public static <T, R> List<R> ask(List<T> those, Function<T, R> question) {
        if (those.size() < 2) {
            return those.stream().map(question).toList();
        }
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(WIDTH, those.size()), work -> {
            Thread thread = new Thread(work, "understudy-question");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<R>> answers = those.stream()
                    .map(one -> threads.submit(() -> question.apply(one)))
                    .toList();
            return answers.stream().map(SideBySide::answer).toList();
        } finally {
            threads.shutdownNow();
        }
    }

    private static <R> R answer(Future<R> asked) {
        try {
            return asked.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "a question to hosts was given up", e);
        }
    }
}
