// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.understudy.api.MigrationStep;

/** A host's call that may block, under a deadline and open to a cancel. */
final class Call {
    private Call() {}

    /**
     * Makes the call on a thread of its own and waits for it.
     *
     * @param late takes back a result that came after the run had stopped waiting
     * @throws StepStopped past the limit or when cancelled
     */
    static <T> T within(
            Trail trail, MigrationStep step, String what, Duration limit, Supplier<T> call, Consumer<T> late) {
        CompletableFuture<T> answer = make(trail, call);
        try {
            trail.await(step, what, limit, () -> ifDone(answer));
        } catch (StepStopped e) {
            answer.thenAccept(late);
            throw e;
        }
        return result(answer);
    }

    /** The same for a call whose result the way back needs: a cancel has to wait for the answer. */
    static <T> T toItsAnswer(
            Trail trail, MigrationStep step, String what, Duration limit, Supplier<T> call, Consumer<T> late) {
        CompletableFuture<T> answer = make(trail, call);
        try {
            trail.awaitDespiteCancel(step, what, limit, () -> ifDone(answer));
        } catch (StepStopped e) {
            answer.thenAccept(late);
            throw e;
        }
        return result(answer);
    }

    private static <T> CompletableFuture<T> make(Trail trail, Supplier<T> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        answer.complete(call.get());
                    } catch (Throwable t) {
                        answer.completeExceptionally(t);
                    }
                    trail.wake();
                },
                Thread.currentThread().getName() + "-call");
        thread.setDaemon(true);
        thread.start();
        return answer;
    }

    private static <T> Optional<CompletableFuture<T>> ifDone(CompletableFuture<T> answer) {
        return answer.isDone() ? Optional.of(answer) : Optional.empty();
    }

    /** The same for a call without a result; nothing can be taken back. */
    static void within(Trail trail, MigrationStep step, String what, Duration limit, Runnable call) {
        within(
                trail,
                step,
                what,
                limit,
                () -> {
                    call.run();
                    return what;
                },
                done -> {});
    }

    private static <T> T result(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
