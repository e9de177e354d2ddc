// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.Optional;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Delivery;

/**
 * The connection to one host. When it is lost, a task reconnects with backoff and registers all callbacks again. The tasks of
 * a connection run one at a time, on threads that all connections share.
 */
public final class LibvirtConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtConnection.class);
    private final LibvirtSettings settings;
    private final EventLoop loop;
    private final ConnectionListener listener;
    private final Timing timing;
    private final LibvirtThreads threads;
    private final ReconnectSchedule reconnects;
    /** The key is a {@link Task}, or the connection that was lost. */
    private final Delivery<Object, Runnable> tasks;

    private Subscription checks = () -> {};
    private Optional<SharedConnection> current = Optional.empty();
    private Outage lastOutage = new Outage("is not connected yet", Optional.empty());
    private int failedResyncs;
    private boolean closed;

    private enum Task {
        CHECK,
        RECONNECT,
        RESYNC
    }

    /** Why there is no connection. */
    private record Outage(String why, Optional<Throwable> cause) {
        static Outage because(String why, Throwable cause) {
            return new Outage(why, Optional.of(cause));
        }
    }

    /**
     * Intervals of retries and liveness checks.
     *
     * @param retries pauses between attempts to connect or resync
     * @param checkInterval between two checks whether a connection is alive
     * @param keepAliveInterval between two keepalive messages, in whole seconds
     * @param keepAliveCount unanswered keepalive messages after which a connection is dead
     * @param monitorTimeout limit for one QEMU monitor command
     */
    public record Timing(
            Backoff retries,
            Duration checkInterval,
            Duration keepAliveInterval,
            int keepAliveCount,
            Duration monitorTimeout) {
        public static final Timing DEFAULT = new Timing(
                new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30)),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                3,
                Duration.ofSeconds(15));
    }

    public LibvirtConnection(
            LibvirtSettings settings,
            EventLoop loop,
            ConnectionListener listener,
            LibvirtThreads threads,
            Timing timing) {
        this.settings = settings;
        this.loop = loop;
        this.listener = listener;
        this.timing = timing;
        this.threads = threads;
        this.reconnects = new ReconnectSchedule(timing.retries(), threads.scheduler());
        this.tasks = new Delivery<>(
                "connection to host " + settings.name(), threads.connections(), (older, newer) -> older, Runnable::run);
    }

    public HostName host() {
        return settings.name();
    }

    /**
     * Opens the connection for the first time; blocks.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    public void open() {
        try {
            activate(connect());
        } catch (LibvirtException e) {
            throw unavailable(Outage.because(reason(e), e));
        }
        checks = threads.scheduler().every(timing.checkInterval(), () -> tasks.put(Task.CHECK, this::checkAlive));
    }

    /**
     * Runs a call on the connection; blocks until the host answers.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason while there is no connection
     */
    public <T> T call(String what, LibvirtCall<T> call) {
        SharedConnection used = acquire();
        try {
            return call.apply(used.connect());
        } catch (LibvirtException e) {
            UnderstudyException failure = LibvirtFailure.of("Host " + settings.name() + ": cannot " + what, e);
            if (!used.connect().responds()) {
                Outage closed = Outage.because("closed the connection: " + e.getMessage(), e);
                tasks.put(used, () -> connectionLost(used, closed));
                throw unavailable(closed);
            }
            throw failure;
        } finally {
            used.release();
        }
    }

    private synchronized SharedConnection acquire() {
        return current.filter(SharedConnection::acquire).orElseThrow(() -> unavailable(lastOutage));
    }

    private UnderstudyException unavailable(Outage outage) {
        String text = "Host %s (%s) %s".formatted(settings.name(), settings.uri(), outage.why());
        return outage.cause()
                .map(cause -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, text, cause))
                .orElseGet(() -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, text));
    }

    private static String reason(LibvirtException e) {
        return "is unreachable: %s (%s)".formatted(e.getMessage(), e.getError().getCode());
    }

    /** Returns a connection with all callbacks registered, or throws. */
    private SharedConnection connect() throws LibvirtException {
        NativeConnect connect = new NativeConnect(settings.uri());
        SharedConnection fresh = new SharedConnection(connect);
        try {
            keepAlive(connect);
            listenForClose(connect, fresh);
            listener.register(connect);
            return fresh;
        } catch (LibvirtException | RuntimeException | Error e) {
            dispose(fresh);
            throw e;
        }
    }

    private void keepAlive(NativeConnect connect) throws LibvirtException {
        try {
            connect.setKeepAlive((int) timing.keepAliveInterval().toSeconds(), timing.keepAliveCount());
        } catch (LibvirtException e) {
            if (!LibvirtFailure.isUnsupported(e)) {
                throw e;
            }
        }
    }

    private void listenForClose(NativeConnect connect, SharedConnection fresh) throws LibvirtException {
        try {
            connect.registerCloseListener((c, reason) -> tasks.put(
                    fresh,
                    () -> connectionLost(fresh, new Outage("closed the connection: " + reason, Optional.empty()))));
        } catch (LibvirtException e) {
            if (!LibvirtFailure.isUnsupported(e)) {
                throw e;
            }
        }
    }

    private void activate(SharedConnection fresh) {
        if (!adopt(fresh)) {
            dispose(fresh);
        }
    }

    /** False if this was closed meanwhile. */
    private synchronized boolean adopt(SharedConnection fresh) {
        if (!closed) {
            current = Optional.of(fresh);
            reconnects.opened();
        }
        return !closed;
    }

    private void connectionLost(SharedConnection dead, Outage outage) {
        synchronized (this) {
            if (closed || !current.equals(Optional.of(dead))) {
                return;
            }
            current = Optional.empty();
            lastOutage = outage;
        }
        LOG.warn("Host {} {}", settings.name(), outage.why());
        try {
            dispose(dead);
        } finally {
            schedule(Task.RECONNECT, this::reconnect, reconnects.afterLoss());
        }
    }

    /** A task that is due after the close is ignored. */
    private void schedule(Task task, Runnable work, Duration pause) {
        threads.scheduler().after(pause, () -> tasks.put(task, work));
    }

    private void reconnect() {
        try {
            activate(connect());
            LOG.info("Host {}: reconnected", settings.name());
        } catch (LibvirtException e) {
            reconnectFailed(Outage.because(reason(e), e));
        } catch (RuntimeException | Error e) {
            reconnectFailed(Outage.because("cannot be used: " + e.getMessage(), e));
        }
        resync();
    }

    /** Publishes the changes of the time without a connection; retries if they cannot be read. */
    private void resync() {
        if (current().isEmpty()) {
            return;
        }
        try {
            listener.reconnected();
            failedResyncs = 0;
        } catch (RuntimeException | Error e) {
            Duration pause = timing.retries().pause(++failedResyncs);
            LOG.warn("Host {}: resync failed, retrying in {}", settings.name(), pause, e);
            schedule(Task.RESYNC, this::resync, pause);
        }
    }

    private synchronized void reconnectFailed(Outage outage) {
        if (closed || current.isPresent()) {
            return;
        }
        lastOutage = outage;
        Duration pause = reconnects.afterFailure();
        LOG.debug("Host {} {}; next attempt in {}", settings.name(), outage.why(), pause);
        schedule(Task.RECONNECT, this::reconnect, pause);
    }

    /** libvirt does not always report a close, for example if its callback could not be registered. */
    private void checkAlive() {
        try {
            current()
                    .filter(l -> !l.connect().responds())
                    .ifPresent(l -> connectionLost(l, new Outage("closed the connection", Optional.empty())));
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: liveness check failed, retrying", settings.name(), e);
        }
    }

    private synchronized Optional<SharedConnection> current() {
        return current;
    }

    /** Events first, then the close listener, then the handle: nothing is freed that libvirt may still call. */
    private void dispose(SharedConnection old) {
        listener.deregister(old.connect());
        try {
            old.connect().unregisterCloseListener();
        } catch (LibvirtException e) {
            LOG.debug("Host {}: {}", settings.name(), e.getMessage());
        }
        loop.awaitIteration();
        old.release();
    }

    @Override
    public void close() {
        Optional<SharedConnection> last;
        synchronized (this) {
            closed = true;
            last = current;
            current = Optional.empty();
            lastOutage = new Outage("is closed", Optional.empty());
        }
        checks.close();
        tasks.close();
        last.ifPresent(this::dispose);
    }
}
