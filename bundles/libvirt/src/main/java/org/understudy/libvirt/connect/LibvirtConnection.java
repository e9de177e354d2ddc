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
 * The connection to one host, which heals: when it is lost, a thread of its own opens it anew, less and less often, and
 * registers everything again.
 */
public final class LibvirtConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtConnection.class);
    private final LibvirtSettings settings;
    private final EventLoop loop;
    private final ConnectionListener listener;
    private final Pace pace;
    private final ScheduledExecutorService keeper;
    private Optional<SharedConnection> line = Optional.empty();
    private Absence away = new Absence("is not connected yet", Optional.empty());
    private int failures;
    private long since;
    private boolean closed;

    /** Why there is no connection. */
    private record Absence(String why, Optional<Throwable> cause) {
        static Absence because(String why, Throwable cause) {
            return new Absence(why, Optional.of(cause));
        }
    }

    /**
     * How often a lost connection is tried again.
     *
     * @param first after the first failure; doubles with each
     * @param longest bounds it
     * @param look between two looks whether a connection is alive
     * @param ping between two pings, in whole seconds
     * @param pings so many without an answer make a connection dead
     * @param answer how long a QEMU may take for an answer
     */
    public record Pace(Duration first, Duration longest, Duration look, Duration ping, int pings, Duration answer) {
        public static final Pace USUAL = new Pace(
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                3,
                Duration.ofSeconds(15));

        Duration after(int failures) {
            Duration wait = first.multipliedBy(1L << Math.min(failures, 20));
            return wait.compareTo(longest) < 0 ? wait : longest;
        }
    }

    public LibvirtConnection(LibvirtSettings settings, EventLoop loop, ConnectionListener listener, Pace pace) {
        this.settings = settings;
        this.loop = loop;
        this.listener = listener;
        this.pace = pace;
        this.keeper = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread t = new Thread(r, "libvirt-keeper " + settings.name());
            t.setDaemon(true);
            return t;
        });
    }

    /**
     * Opens it for the first time; blocks.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    public void open() {
        try {
            become(connect());
        } catch (LibvirtException e) {
            throw unavailable(Absence.because(reason(e), e));
        }
        keeper.scheduleWithFixedDelay(
                this::look, pace.look().toMillis(), pace.look().toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Asks the host; blocks for its answer.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason while there is no connection
     */
    public <T> T ask(String what, LibvirtCall<T> call) {
        SharedConnection used = enter();
        try {
            return call.on(used.connect());
        } catch (LibvirtException e) {
            UnderstudyException failure = LibvirtFailure.of("host " + settings.name() + ": " + what, e);
            if (!used.connect().answers()) {
                Absence closed = Absence.because("has closed the connection: " + e.getMessage(), e);
                execute(() -> lost(used, closed));
                throw unavailable(closed);
            }
            throw failure;
        } finally {
            used.leave();
        }
    }

    private synchronized SharedConnection enter() {
        return line.filter(SharedConnection::enter).orElseThrow(() -> unavailable(away));
    }

    private UnderstudyException unavailable(Absence absence) {
        String text = "host %s (%s) %s".formatted(settings.name(), settings.uri(), absence.why());
        return absence.cause()
                .map(cause -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, text, cause))
                .orElseGet(() -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, text));
    }

    private static String reason(LibvirtException e) {
        return "cannot be reached: %s (%s)"
                .formatted(e.getMessage(), e.getError().getCode());
    }

    /** A connection with everything registered, or none at all. */
    private SharedConnection connect() throws LibvirtException {
        NativeConnect connect = new NativeConnect(settings.uri());
        SharedConnection fresh = new SharedConnection(connect);
        try {
            keepAlive(connect);
            listenForClose(connect, fresh);
            listener.register(connect);
            return fresh;
        } catch (LibvirtException | RuntimeException | Error e) {
            retire(fresh);
            throw e;
        }
    }

    private void keepAlive(NativeConnect connect) throws LibvirtException {
        try {
            connect.setKeepAlive((int) pace.ping().toSeconds(), pace.pings());
        } catch (LibvirtException e) {
            if (!LibvirtFailure.isUnsupported(e)) {
                throw e;
            }
        }
    }

    private void listenForClose(NativeConnect connect, SharedConnection fresh) throws LibvirtException {
        try {
            connect.registerCloseListener((c, reason) ->
                    execute(() -> lost(fresh, new Absence("has closed the connection: " + reason, Optional.empty()))));
        } catch (LibvirtException e) {
            if (!LibvirtFailure.isUnsupported(e)) {
                throw e;
            }
        }
    }

    private void become(SharedConnection fresh) {
        if (!use(fresh)) {
            retire(fresh);
        }
    }

    /** False if this was closed meanwhile. */
    private synchronized boolean use(SharedConnection fresh) {
        if (!closed) {
            line = Optional.of(fresh);
            since = System.nanoTime();
        }
        return !closed;
    }

    private void lost(SharedConnection dead, Absence absence) {
        synchronized (this) {
            if (closed || !line.equals(Optional.of(dead))) {
                return;
            }
            line = Optional.empty();
            away = absence;
        }
        LOG.warn("Host {} {}", settings.name(), absence.why());
        try {
            retire(dead);
        } finally {
            schedule(this::attempt, nextWait());
        }
    }

    /** None for a connection that held for a while; one that is lost again and again is given more and more time. */
    private synchronized Duration nextWait() {
        if (System.nanoTime() - since > pace.after(Integer.MAX_VALUE).toNanos()) {
            failures = 0;
            return Duration.ZERO;
        }
        return pace.after(failures++);
    }

    private void schedule(Runnable task, Duration wait) {
        try {
            keeper.schedule(task, wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {} is not opened any more", settings.name());
        }
    }

    private void attempt() {
        try {
            become(connect());
            LOG.info("Host {} is connected again", settings.name());
        } catch (LibvirtException e) {
            failed(Absence.because(reason(e), e));
        } catch (RuntimeException | Error e) {
            failed(Absence.because("cannot be used: " + e.getMessage(), e));
        }
        catchUp();
    }

    /** What could not be told of the time without a connection is told a little later. */
    private void catchUp() {
        if (current().isEmpty()) {
            return;
        }
        try {
            listener.returned();
        } catch (RuntimeException | Error e) {
            LOG.warn("Host {}: what was missed could not be read, retrying", settings.name(), e);
            schedule(this::catchUp, pace.first());
        }
    }

    private synchronized void failed(Absence absence) {
        if (closed || line.isPresent()) {
            return;
        }
        away = absence;
        Duration wait = pace.after(failures++);
        LOG.debug("Host {} {}; next attempt in {}", settings.name(), absence.why(), wait);
        schedule(this::attempt, wait);
    }

    /** libvirt does not always tell of a close, as when its callback could not be registered. */
    private void look() {
        try {
            current()
                    .filter(l -> !l.connect().answers())
                    .ifPresent(l -> lost(l, new Absence("has closed the connection", Optional.empty())));
        } catch (RuntimeException | Error e) {
            LOG.error("Host {} could not be watched, retrying", settings.name(), e);
        }
    }

    private synchronized Optional<SharedConnection> current() {
        return line;
    }

    private void execute(Runnable task) {
        try {
            keeper.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {} is closed already", settings.name());
        }
    }

    /** Events first, then the close listener, then the handle; nothing is forgotten that libvirt may still call. */
    private void retire(SharedConnection old) {
        listener.deregister(old.connect());
        try {
            old.connect().unregisterCloseListener();
        } catch (LibvirtException e) {
            LOG.debug("Host {}: {}", settings.name(), e.getMessage());
        }
        loop.awaitTurn();
        old.leave();
    }

    @Override
    public void close() {
        Optional<SharedConnection> last;
        synchronized (this) {
            closed = true;
            last = line;
            line = Optional.empty();
            away = new Absence("is closed", Optional.empty());
        }
        keeper.shutdownNow();
        last.ifPresent(this::retire);
    }
}
