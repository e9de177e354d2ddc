// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;

/**
 * Sends a query to libvirt at each interval, over a connection without calls. libvirtd answers it on threads that it keeps for
 * queries that never wait for a QEMU, so a daemon whose other threads all wait is alive.
 */
final class LivenessCheck implements PingTurns.Ping, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LivenessCheck.class);

    private final HostName host;
    private final SharedConnection connection;
    private final LibvirtThreads threads;
    private final LibvirtTiming timing;
    private final Runnable alive;
    private final Consumer<Outage> lost;
    private final AtomicBoolean waiting = new AtomicBoolean();
    /** When the next ping is due; used by the turns alone. */
    private long next;

    private boolean closed;

    /**
     * @param alive called after each answer; may block
     * @param lost called when the host did not answer before the deadline, or libvirt has closed the connection; must not block
     */
    LivenessCheck(
            HostName host,
            SharedConnection connection,
            LibvirtThreads threads,
            LibvirtTiming timing,
            Runnable alive,
            Consumer<Outage> lost) {
        this.host = host;
        this.connection = connection;
        this.threads = threads;
        this.timing = timing;
        this.alive = alive;
        this.lost = lost;
    }

    synchronized void start() {
        if (!closed) {
            next = threads.scheduler().nanos();
            threads.pings().add(this);
        }
    }

    @Override
    public HostName host() {
        return host;
    }

    /** Not while the answer to the last one is missing. */
    @Override
    public boolean isDue(long nanos) {
        if (nanos - next < 0 || !waiting.compareAndSet(false, true)) {
            return false;
        }
        next = nanos + timing.pingInterval().toNanos();
        return true;
    }

    @Override
    public void send() {
        try {
            if (connection.acquire()) {
                try {
                    query();
                } finally {
                    connection.release();
                }
            }
        } finally {
            waiting.set(false);
        }
    }

    private void query() {
        Subscription deadline = threads.scheduler()
                .after(timing.pingDeadline(), () -> lost.accept(Outage.silent(timing.pingDeadline())));
        try {
            connection.connect().getLibVersion();
        } catch (LibvirtException e) {
            LOG.debug("Host {}: liveness check was answered with an error: {}", host, e.getMessage());
        } finally {
            deadline.close();
        }
        if (connection.connect().responds()) {
            alive.run();
        } else {
            lost.accept(Outage.because("closed the connection"));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        threads.pings().remove(this);
    }
}
