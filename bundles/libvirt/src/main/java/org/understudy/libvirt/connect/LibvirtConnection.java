// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * The connection to one host. When it is lost, a thread of its own reconnects with exponential backoff and registers all
 * callbacks again.
 */
public final class LibvirtConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtConnection.class);
    private final LibvirtSettings settings;
    private final EventLoop loop;
    private final ConnectionListener listener;
    private final Timing timing;
    private final ScheduledExecutorService executor;
    private Optional<SharedConnection> current = Optional.empty();
    private Outage lastOutage = new Outage("is not connected yet", Optional.empty());
    private int failures;
    private long connectedAt;
    private boolean closed;

    /** Why there is no connection. */
    private record Outage(String why, Optional<Throwable> cause) {
        static Outage because(String why, Throwable cause) {
            return new Outage(why, Optional.of(cause));
        }
    }

    /**
     * Intervals of retries and liveness checks.
     *
     * @param firstRetry delay after the first failure; doubles with each
     * @param maxRetry upper bound of the delay
     * @param checkInterval between two checks whether a connection is alive
     * @param keepAliveInterval between two keepalive messages, in whole seconds
     * @param keepAliveCount unanswered keepalive messages after which a connection is dead
     * @param monitorTimeout limit for one QEMU monitor command
     */
    public record Timing(
            Duration firstRetry,
            Duration maxRetry,
            Duration checkInterval,
            Duration keepAliveInterval,
            int keepAliveCount,
            Duration monitorTimeout) {
        public static final Timing DEFAULT = new Timing(
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                3,
                Duration.ofSeconds(15));

        Duration retryDelay(int failures) {
            Duration wait = firstRetry.multipliedBy(1L << Math.min(failures, 20));
            return wait.compareTo(maxRetry) < 0 ? wait : maxRetry;
        }
    }

    public LibvirtConnection(LibvirtSettings settings, EventLoop loop, ConnectionListener listener, Timing timing) {
        this.settings = settings;
        this.loop = loop;
        this.listener = listener;
        this.timing = timing;
        this.executor = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread t = new Thread(r, "libvirt-connection " + settings.name());
            t.setDaemon(true);
            return t;
        });
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
        executor.scheduleWithFixedDelay(
                this::checkAlive,
                timing.checkInterval().toMillis(),
                timing.checkInterval().toMillis(),
                TimeUnit.MILLISECONDS);
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
                execute(() -> connectionLost(used, closed));
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
            connect.registerCloseListener((c, reason) -> execute(
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
            connectedAt = System.nanoTime();
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
            schedule(this::reconnect, nextRetryDelay());
        }
    }

    /** Zero if the connection was up for longer than the maximum delay; otherwise the backoff goes on. */
    private synchronized Duration nextRetryDelay() {
        if (System.nanoTime() - connectedAt
                > timing.retryDelay(Integer.MAX_VALUE).toNanos()) {
            failures = 0;
            return Duration.ZERO;
        }
        return timing.retryDelay(failures++);
    }

    private void schedule(Runnable task, Duration wait) {
        try {
            executor.schedule(task, wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: connection is closed, task dropped", settings.name());
        }
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
        } catch (RuntimeException | Error e) {
            LOG.warn("Host {}: resync failed, retrying in {}", settings.name(), timing.firstRetry(), e);
            schedule(this::resync, timing.firstRetry());
        }
    }

    private synchronized void reconnectFailed(Outage outage) {
        if (closed || current.isPresent()) {
            return;
        }
        lastOutage = outage;
        Duration wait = timing.retryDelay(failures++);
        LOG.debug("Host {} {}; next attempt in {}", settings.name(), outage.why(), wait);
        schedule(this::reconnect, wait);
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

    private void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: connection is closed, task dropped", settings.name());
        }
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
        executor.shutdownNow();
        last.ifPresent(this::dispose);
    }
}
