// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
     * Makes the call on another thread.
     *
     * @param name of the call, for the log
     * @param done called once there is an answer
     */
    static <T> PendingAnswer<T> of(Executor threads, String name, Supplier<T> call, Runnable done) {
        PendingAnswer<T> pendingAnswer = new PendingAnswer<>(name);
        String caller = Thread.currentThread().getName();
        threads.execute(new NamedTask(caller.endsWith(CALL) ? caller : caller + CALL, () -> {
            pendingAnswer.run(call);
            done.run();
        }));
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
    void abandon(Consumer<T> undoCall) {
        Optional<T> result;
        synchronized (this) {
            late = Optional.of(undoCall);
            result = value;
        }
        result.ifPresent(m -> undo(undoCall, m));
    }

    synchronized boolean isDone() {
        return value.isPresent() || failure.isPresent();
    }

    /** Why the call failed; empty if it has not failed. */
    public synchronized Optional<Throwable> failure() {
        return failure;
    }

    /** Blocks; empty past the deadline. Throws what the call threw. */
    synchronized Optional<T> await(Deadline deadline) throws InterruptedException {
        while (!isDone() && !deadline.isOver()) {
            deadline.await(this);
        }
        return isDone() ? Optional.of(get()) : Optional.empty();
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
