// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;

/**
 * The connections of a host, from a connect to the loss: one for events and pings, and those of the calls. libvirt's client
 * crashes or waits without limit if a connection ends while two threads use it, so each has one thread at a time
 * (docs/decisions/0032).
 */
final class LibvirtSession {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtSession.class);
    /** More than the worker threads of a libvirtd. */
    static final int MAX_CALLS = 32;

    private static final Duration CLOSE_LIMIT = SharedConnection.CLOSE_LIMIT.multipliedBy(2);

    private final LibvirtSettings settings;
    private final SharedConnection control;
    private final CallConnections connections;
    private final LibvirtThreads threads;
    private final Duration connectDeadline;
    private final BiConsumer<LibvirtSession, Outage> lost;
    private final LivenessCheck check;
    private final Set<PendingCall<?>> pending = new HashSet<>();
    private final Queue<PendingCall<?>> waiting = new ArrayDeque<>();
    private int running;
    private Optional<Outage> outage = Optional.empty();

    /**
     * @param control its owner is this session
     * @param opener opens the connections of calls
     * @param lost called once, unless the session is closed; must not block
     */
    LibvirtSession(
            LibvirtSettings settings,
            SharedConnection control,
            CallConnections.Opener opener,
            LibvirtThreads threads,
            LibvirtTiming timing,
            BiConsumer<LibvirtSession, Outage> lost) {
        Scheduler scheduler = threads.scheduler();
        this.settings = settings;
        this.control = control;
        this.connectDeadline = timing.connectDeadline();
        this.connections = new CallConnections(opener, scheduler, connectDeadline);
        this.threads = threads;
        this.lost = lost;
        this.check = new LivenessCheck(settings.name(), control, threads, timing, connections::closeIdle, this::lose);
    }

    /** True for the connection that receives the events. */
    boolean uses(SharedConnection connection) {
        return connection == control;
    }

    /** Starts to check that the host answers. */
    void start() {
        check.start();
    }

    /**
     * Runs a call; blocks until libvirt answers or the session is lost.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason
     */
    <T> T call(String what, LibvirtCall<T> call) {
        PendingCall<T> own = new PendingCall<>(call, (error, used) -> failure(what, error, used));
        Subscription deadline = threads.scheduler().after(connectDeadline, () -> own.failUnlessBegun(notBegun()));
        try {
            submit(own);
            return own.result();
        } finally {
            deadline.close();
            ended(own);
        }
    }

    private UnderstudyException failure(String what, LibvirtException error, SharedConnection used) {
        if (used.connect().responds()) {
            return LibvirtFailure.of("Host " + settings.name() + ": cannot " + what, error);
        }
        lose(Outage.because("closed the connection: " + error.getMessage(), error));
        return outage().orElseThrow().exception(settings);
    }

    private UnderstudyException notBegun() {
        String why = calls() < MAX_CALLS
                ? "has not accepted a further connection within "
                : "has not answered one of %d calls within ".formatted(MAX_CALLS);
        return Outage.because(why + Outage.seconds(connectDeadline)).exception(settings);
    }

    private synchronized int calls() {
        return running;
    }

    private void submit(PendingCall<?> call) {
        synchronized (this) {
            if (outage.isPresent()) {
                throw outage.get().exception(settings);
            }
            pending.add(call);
            if (running == MAX_CALLS) {
                waiting.add(call);
                return;
            }
            running++;
        }
        start(call);
    }

    private void start(PendingCall<?> call) {
        try {
            threads.calls().run(settings.name(), () -> run(call));
        } catch (RejectedExecutionException e) {
            next();
            call.fail(Outage.because("cannot be called: no thread is free", e).exception(settings));
        }
    }

    private void run(PendingCall<?> call) {
        Runnable result = () -> {};
        try {
            if (!call.isOver()) {
                result = runOnConnection(call);
            }
        } catch (LibvirtException e) {
            result = () -> call.fail(Outage.unreachable(e).exception(settings));
        } catch (RuntimeException | Error e) {
            result = () -> call.fail(e);
        }
        next();
        result.run();
    }

    private Runnable runOnConnection(PendingCall<?> call) throws LibvirtException {
        SharedConnection used = connections.take();
        try {
            return call.run(used);
        } finally {
            connections.put(used);
        }
    }

    /** A call has left its thread. */
    private void next() {
        PendingCall<?> following;
        synchronized (this) {
            following = waiting.poll();
            if (following == null) {
                running--;
                return;
            }
        }
        start(following);
    }

    private synchronized void ended(PendingCall<?> call) {
        pending.remove(call);
        waiting.remove(call);
    }

    private synchronized Optional<Outage> outage() {
        return outage;
    }

    /** Ends all calls for their callers, at once, and the connections soon. Does not block. */
    void lose(Outage reason) {
        List<PendingCall<?>> calls;
        synchronized (this) {
            if (outage.isPresent()) {
                return;
            }
            outage = Optional.of(reason);
            calls = List.copyOf(pending);
        }
        check.close();
        calls.forEach(call -> call.fail(reason.exception(settings)));
        lost.accept(this, reason);
        try {
            threads.calls().run(settings.name(), () -> {
                control.endCallWhenSilent(SharedConnection.LOST_LIMIT);
                connections.closeWhenSilent(SharedConnection.LOST_LIMIT);
                control.release();
            });
        } catch (RejectedExecutionException e) {
            LOG.warn("Host {}: lost connections are not closed", settings.name(), e);
        }
    }

    /** Blocks until the connection for events is closed. Calls in progress go on. */
    void close() {
        synchronized (this) {
            if (outage.isPresent()) {
                return;
            }
            outage = Optional.of(Outage.because("is closed"));
        }
        check.close();
        control.endCallWhenSilent(SharedConnection.CLOSE_LIMIT);
        connections.close();
        control.release();
        if (!control.awaitClose(CLOSE_LIMIT)) {
            LOG.warn("Host {}: connection did not close within {} s", settings.name(), CLOSE_LIMIT.toSeconds());
        }
    }
}
