// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The answer to a call that may block, which another thread makes. What nobody waits for any more is logged. */
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
            pendingAnswer.make(call);
            done.run();
        }));
        return pendingAnswer;
    }

    private void make(Supplier<T> call) {
        try {
            T made = call.get();
            Optional<Consumer<T>> leftOver;
            synchronized (this) {
                value = Optional.of(made);
                leftOver = late;
                notifyAll();
            }
            leftOver.ifPresent(undo -> takeBack(undo, made));
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private synchronized void fail(Throwable e) {
        failure = Optional.of(e);
        late.ifPresent(undo -> LOG.warn("{} failed after its deadline", name, e));
        notifyAll();
    }

    private void takeBack(Consumer<T> undo, T made) {
        try {
            undo.accept(made);
        } catch (RuntimeException e) {
            LOG.warn("{}: the result came after its deadline and could not be undone", name, e);
        }
    }

    /** Stops waiting. A result that is there already, or comes later, is undone. */
    void abandon(Consumer<T> undo) {
        Optional<T> made;
        synchronized (this) {
            late = Optional.of(undo);
            made = value;
        }
        made.ifPresent(m -> takeBack(undo, m));
    }

    synchronized boolean isDone() {
        return value.isPresent() || failure.isPresent();
    }

    /** Why the call failed; empty if it has not failed. */
    public synchronized Optional<Throwable> failure() {
        return failure;
    }

    /** Empty if there is none by then. Throws what the call threw. */
    synchronized Optional<T> by(Deadline deadline) throws InterruptedException {
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
