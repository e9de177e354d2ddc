// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** The answer to a call that may block, made by another thread. Failures of abandoned calls are logged. */
public final class PendingAnswer<T> {
    private static final Logger LOG = LoggerFactory.getLogger(PendingAnswer.class);

    private static final String CALL = "-call";

    private final String name;
    private Optional<T> value = Optional.empty();
    private Optional<Throwable> failure = Optional.empty();
    private Optional<Consumer<T>> late = Optional.empty();

    private PendingAnswer(String name) {
        this.name = name;
    }

    /**
     * Makes the call on another thread, which is named after this one. Never blocks.
     *
     * @param threads a {@link Scheduler#blockingPool}; without a free thread the call fails
     * @param name of the call, for the log
     * @param done called once there is an answer, or the call has failed
     */
    public static <T> PendingAnswer<T> of(ExecutorService threads, String name, Supplier<T> call, Runnable done) {
        PendingAnswer<T> pendingAnswer = new PendingAnswer<>(name);
        String caller = Thread.currentThread().getName();
        try {
            threads.execute(new NamedTask(caller.endsWith(CALL) ? caller : caller + CALL, () -> {
                pendingAnswer.run(call);
                done.run();
            }));
        } catch (RejectedExecutionException e) {
            pendingAnswer.fail(
                    threads.isShutdown()
                            ? new UnderstudyException(ErrorCode.CANCELLED, "The server is stopping", e)
                            : new UnderstudyException(
                                    ErrorCode.HOST_UNAVAILABLE, name + ": too many calls to hosts hang", e));
            done.run();
        }
        return pendingAnswer;
    }

    private void run(Supplier<T> call) {
        try {
            T result = call.get();
            Optional<Consumer<T>> lateUndo;
            synchronized (this) {
                value = Optional.of(result);
                lateUndo = late;
                notifyAll();
            }
            lateUndo.ifPresent(undoCall -> undo(undoCall, result));
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private synchronized void fail(Throwable e) {
        failure = Optional.of(e);
        late.ifPresent(undoCall -> LOG.warn("{} failed after its deadline", name, e));
        notifyAll();
    }

    private void undo(Consumer<T> undoCall, T result) {
        try {
            undoCall.accept(result);
        } catch (RuntimeException e) {
            LOG.warn("{}: result arrived after its deadline and could not be rolled back", name, e);
        }
    }

    /** Stops waiting. A result that is present, or arrives later, is undone. */
    public void abandon(Consumer<T> undoCall) {
        Optional<T> result;
        synchronized (this) {
            late = Optional.of(undoCall);
            result = value;
        }
        result.ifPresent(m -> undo(undoCall, m));
    }

    public synchronized boolean isDone() {
        return value.isPresent() || failure.isPresent();
    }

    /** Why the call failed; empty if it has not failed. */
    public synchronized Optional<Throwable> failure() {
        return failure;
    }

    /** Blocks; false past the deadline. */
    public synchronized boolean await(Deadline deadline) throws InterruptedException {
        while (!isDone() && !deadline.isOver()) {
            deadline.await(this);
        }
        return isDone();
    }

    /** The value of a call that is done. Throws what the call threw. */
    public synchronized T get() {
        failure.ifPresent(e -> {
            if (e instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e;
        });
        return value.orElseThrow();
    }
}
