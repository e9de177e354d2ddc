// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;

/**
 * The connections of a host for calls; each is used by one thread at a time. Their number follows the calls that run at once.
 */
final class CallConnections {
    private static final Duration MAX_IDLE = Duration.ofMinutes(1);

    private final Opener opener;
    private final Scheduler scheduler;
    private final Duration connectDeadline;
    private final Set<SharedConnection> open = new HashSet<>();
    /** The last used one first, so that the others become idle. */
    private final Deque<Idle> idle = new ArrayDeque<>();

    /** One at a time, except those that hang: sshd refuses many at once, and calls are shorter than a connect. */
    private Optional<Thread> opening = Optional.empty();

    private boolean closed;
    private boolean lost;

    /** Opens a connection; blocks. */
    interface Opener {
        SharedConnection open() throws LibvirtException;
    }

    private record Idle(SharedConnection connection, long since) {}

    /** @param connectDeadline limit for a connect, after which another thread opens one */
    CallConnections(Opener opener, Scheduler scheduler, Duration connectDeadline) {
        this.opener = opener;
        this.scheduler = scheduler;
        this.connectDeadline = connectDeadline;
    }

    /**
     * Returns a connection for the calling thread; blocks until one is available or opened.
     *
     * @throws LibvirtException if none can be opened
     */
    SharedConnection take() throws LibvirtException {
        for (Optional<SharedConnection> next = takeIdle(); next.isPresent(); next = takeIdle()) {
            if (next.get().connect().responds()) {
                return next.get();
            }
            close(List.of(next.get()));
        }
        Thread self = Thread.currentThread();
        Subscription deadline = scheduler.after(connectDeadline, () -> stopWaitingFor(self));
        try {
            SharedConnection fresh = opener.open();
            synchronized (this) {
                open.add(fresh);
            }
            return fresh;
        } finally {
            deadline.close();
            stopWaitingFor(self);
        }
    }

    /** A thread opens a connection no longer, or its connect hangs. */
    private synchronized void stopWaitingFor(Thread opener) {
        if (opening.equals(Optional.of(opener))) {
            opening = Optional.empty();
            notifyAll();
        }
    }

    /** Empty if the calling thread is to open a connection. */
    private synchronized Optional<SharedConnection> takeIdle() {
        while (idle.isEmpty() && opening.isPresent() && !lost) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new UnderstudyException(ErrorCode.CANCELLED, "Wait for a connection was interrupted", e);
            }
        }
        if (lost) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Connections of the host are lost");
        }
        if (idle.isEmpty()) {
            opening = Optional.of(Thread.currentThread());
        }
        return Optional.ofNullable(idle.pollFirst()).map(Idle::connection);
    }

    /** The call has ended. Blocks if the connection is of no more use. */
    void put(SharedConnection used) {
        boolean usable = used.connect().responds();
        synchronized (this) {
            if (usable && !closed) {
                idle.addFirst(new Idle(used, scheduler.nanos()));
                notifyAll();
                return;
            }
        }
        close(List.of(used));
    }

    /** Closes those that were not used for a minute; blocks. */
    void closeIdle() {
        List<SharedConnection> unused = new ArrayList<>();
        synchronized (this) {
            while (!idle.isEmpty() && scheduler.nanos() - idle.peekLast().since() > MAX_IDLE.toNanos()) {
                unused.add(idle.removeLast().connection());
            }
        }
        close(unused);
    }

    /** Closes them; blocks. A call in progress goes on, and its connection is closed at its end. */
    void close() {
        List<SharedConnection> unused;
        synchronized (this) {
            closed = true;
            unused = idle.stream().map(Idle::connection).toList();
            idle.clear();
        }
        unused.forEach(c -> c.endCallWhenSilent(SharedConnection.CLOSE_LIMIT));
        close(unused);
    }

    /** Ends the calls in progress, too. */
    void closeWhenSilent(Duration silence) {
        List<SharedConnection> all;
        synchronized (this) {
            lost = true;
            closed = true;
            notifyAll();
            all = List.copyOf(open);
        }
        all.forEach(c -> c.endCallWhenSilent(silence));
        close();
    }

    private void close(List<SharedConnection> unused) {
        synchronized (this) {
            unused.forEach(open::remove);
        }
        unused.forEach(SharedConnection::release);
    }
}
