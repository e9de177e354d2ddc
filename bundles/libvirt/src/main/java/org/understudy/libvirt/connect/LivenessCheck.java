// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

/**
 * Sends a query to libvirt at each interval, over the connection for events. libvirtd answers it on threads that it keeps for
 * queries that never wait for a QEMU, so a daemon whose other threads all wait is alive.
 *
 * <p>Between two of these queries the connection serves reads, one at a time. A read that takes long delays no query:
 * that is sent over another connection.
 */
final class LivenessCheck implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LivenessCheck.class);
    /** The part of the interval for which a query waits for a read that uses the connection. */
    private static final int WAIT_PART = 5;
    /** How many deadlines a read may take while the host answers queries: the connection may have failed unnoticed. */
    static final int STUCK = 4;
    /** How long a read waits for the connection before it gets another one: most reads and queries are shorter. */
    private static final long TURN_NANOS = Duration.ofMillis(100).toNanos();

    private final HostName host;
    private final SharedConnection connection;
    private final CallConnections others;
    private final LibvirtThreads threads;
    private final LibvirtTiming timing;
    private final AtomicBoolean sharing;
    private final Consumer<Outage> lost;
    private Use use = Use.NONE;
    private long readSince;
    /** The query in place of that on the connection, while a read uses it. */
    private Optional<Substitute> substitute = Optional.empty();

    private Subscription timer = () -> {};
    private boolean closed;

    /** @param over whether the read has ended */
    private record Substitute(Subscription deadline, AtomicBoolean over) {
        void end() {
            over.set(true);
            deadline.close();
        }
    }

    private enum Use {
        NONE,
        QUERY,
        READ
    }

    /**
     * @param others get the queries while a read uses the connection
     * @param sharing whether reads may use the connection; false once one of them was stuck
     * @param lost called when the host did not answer before the deadline, or libvirt has closed the connection; must not block
     */
    LivenessCheck(
            HostName host,
            SharedConnection connection,
            CallConnections others,
            LibvirtThreads threads,
            LibvirtTiming timing,
            AtomicBoolean sharing,
            Consumer<Outage> lost) {
        this.host = host;
        this.connection = connection;
        this.others = others;
        this.threads = threads;
        this.timing = timing;
        this.sharing = sharing;
        this.lost = lost;
    }

    /** The first query follows after an interval: the host has just answered. */
    synchronized void start() {
        if (!closed) {
            timer = threads.scheduler().after(timing.pingInterval(), this::repeat);
        }
    }

    private synchronized void repeat() {
        if (!closed) {
            timer = threads.scheduler().every(timing.pingInterval(), this::next);
        }
    }

    /** The connection, for a read until {@link #returned}; empty if it is not available. Blocks for 0.1 s at most. */
    synchronized Optional<SharedConnection> lend() {
        long end = threads.scheduler().nanos() + TURN_NANOS;
        try {
            while (use != Use.NONE
                    && sharing.get()
                    && !closed
                    && threads.scheduler().nanos() - end < 0) {
                threads.scheduler().await(this, end - threads.scheduler().nanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (closed || use != Use.NONE || !sharing.get() || !connection.acquire()) {
            return Optional.empty();
        }
        use = Use.READ;
        readSince = threads.scheduler().nanos();
        return Optional.of(connection);
    }

    /** A read has ended. Blocks if the connection is no longer needed. */
    void returned() {
        synchronized (this) {
            substitute.ifPresent(Substitute::end);
            substitute = Optional.empty();
            use = Use.NONE;
            notifyAll();
        }
        connection.release();
    }

    /** Runs on the timer. */
    private void next() {
        synchronized (this) {
            if (use == Use.READ && substitute.isEmpty() && !closed) {
                substitute = Optional.of(substitute());
            }
            if (use != Use.NONE) {
                return;
            }
            use = Use.QUERY;
        }
        if (!run(this::check)) {
            unused();
        }
    }

    private boolean run(Runnable query) {
        try {
            threads.calls().run(host, query);
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: liveness check was not started", host, e);
            return false;
        }
    }

    private synchronized void unused() {
        use = Use.NONE;
        notifyAll();
    }

    private void check() {
        try {
            if (connection.acquire()) {
                try {
                    Subscription deadline = deadline();
                    query(connection, deadline);
                    others.closeIdle();
                } finally {
                    connection.release();
                }
            }
        } finally {
            unused();
        }
    }

    private Subscription deadline() {
        return threads.scheduler()
                .after(timing.pingDeadline(), () -> lost.accept(Outage.silent(timing.pingDeadline())));
    }

    /** Ends the deadline with the answer. */
    private void query(SharedConnection used, Subscription deadline) {
        try {
            used.connect().getLibVersion();
        } catch (LibvirtException e) {
            LOG.debug("Host {}: liveness check was answered with an error: {}", host, e.getMessage());
        } finally {
            deadline.close();
        }
        if (!used.connect().responds()) {
            lost.accept(Outage.because("closed the connection"));
        }
    }

    /** Its deadline begins now, and ends with the read at the latest. */
    private Substitute substitute() {
        Substitute own = new Substitute(deadline(), new AtomicBoolean());
        threads.scheduler().after(timing.pingInterval().dividedBy(WAIT_PART), () -> {
            if (!own.over().get()) {
                run(() -> checkOther(own));
            }
        });
        return own;
    }

    private void checkOther(Substitute own) {
        try {
            SharedConnection other = others.take();
            try {
                if (own.over().get()) {
                    // The session may be closed, which ends no query that begins now.
                    return;
                }
                query(other, own.deadline());
            } finally {
                others.put(other);
            }
        } catch (LibvirtException | UnderstudyException e) {
            // The deadline decides: a host may refuse another connection and still answer the read.
            LOG.debug("Host {}: liveness check has no connection: {}", host, e.getMessage());
            return;
        }
        Duration limit = timing.pingDeadline().multipliedBy(STUCK);
        boolean stuck;
        synchronized (this) {
            boolean current = substitute.equals(Optional.of(own));
            if (current) {
                substitute = Optional.empty();
            }
            stuck = current && threads.scheduler().nanos() - readSince > limit.toNanos();
        }
        if (stuck) {
            sharing.set(false);
            lost.accept(Outage.because("has not answered a read for " + Outage.seconds(limit)));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        timer.close();
        substitute.ifPresent(Substitute::end);
        notifyAll();
    }
}
