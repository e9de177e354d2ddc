// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Delivery;
import org.understudy.hostnic.backend.SriovBackend;

/**
 * The open backend of a host, with its watch. A backend that is no longer used is closed on another thread, because closing
 * one that hangs may block. Safe for use from any thread; {@link #open} is called by one at a time.
 */
final class BackendConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackendConnection.class);

    private final HostName host;
    private final Supplier<Optional<SriovBackend>> opener;
    /** One after the other, so that a host that hangs occupies one thread. */
    private final Delivery<Object, Runnable> closings;

    private Optional<SriovBackend> backend = Optional.empty();
    private Subscription watch = () -> {};
    private Optional<String> lost = Optional.empty();
    private boolean closed;

    /**
     * @param opener opens the backend; empty if no access is configured; may throw
     * @param closers threads that close backends
     */
    BackendConnection(HostName host, Supplier<Optional<SriovBackend>> opener, Executor closers) {
        this.host = host;
        this.opener = opener;
        this.closings = new Delivery<>(
                "closing the NIC access of host " + host, closers, (older, newer) -> newer, Runnable::run);
    }

    /** Empty if it is not open. */
    synchronized Optional<SriovBackend> backend() {
        return backend;
    }

    /**
     * Opens the backend and its watch. Has no effect if the connection is closed.
     *
     * @param changed called after a change of the NICs
     * @param ended called after the watch has ended
     * @return false if no access is configured
     */
    boolean open(Runnable changed, Runnable ended) {
        Optional<SriovBackend> opened = opener.get();
        opened.ifPresent(fresh -> use(fresh, changed, ended));
        return opened.isPresent();
    }

    private void use(SriovBackend fresh, Runnable changed, Runnable ended) {
        if (!adopt(fresh)) {
            closeQuietly(fresh::close);
            return;
        }
        Subscription watching = fresh.watch(changed, reason -> {
            lose(fresh, reason);
            ended.run();
        });
        if (!adopt(fresh, watching)) {
            closeQuietly(watching::close);
        }
    }

    /** False if this connection is closed. */
    private synchronized boolean adopt(SriovBackend fresh) {
        if (!closed) {
            backend = Optional.of(fresh);
            lost = Optional.empty();
        }
        return !closed;
    }

    /** False if this connection was closed since it adopted the backend. */
    private synchronized boolean adopt(SriovBackend fresh, Subscription watching) {
        boolean used = isUsed(fresh);
        if (used) {
            watch = watching;
        }
        return used;
    }

    private boolean isUsed(SriovBackend one) {
        return backend.filter(now -> now == one).isPresent();
    }

    /** Marks a backend as lost. Has no effect if it is no longer used. */
    synchronized void lose(SriovBackend which, String reason) {
        if (isUsed(which)) {
            lost = Optional.of(reason);
        }
    }

    /** The reason why the open backend is lost; empty if it is not. */
    synchronized Optional<String> lost() {
        return lost;
    }

    /** Ends the use of the backend. Does not block. */
    void disconnect() {
        take().ifPresent(closing -> closings.put(closing, closing));
    }

    private synchronized Optional<Runnable> take() {
        Subscription watching = watch;
        Optional<Runnable> closing = backend.map(used -> () -> {
            closeQuietly(watching::close);
            closeQuietly(used::close);
        });
        watch = () -> {};
        backend = Optional.empty();
        lost = Optional.empty();
        return closing;
    }

    private void closeQuietly(Runnable closing) {
        try {
            closing.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("Host {}: access to NICs could not be closed", host, e);
        }
    }

    /** Does not block. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        disconnect();
    }
}
