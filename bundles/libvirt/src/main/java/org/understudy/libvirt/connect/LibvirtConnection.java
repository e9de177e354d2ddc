// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Delivery;

/**
 * Connects to one host, and again after a loss, with backoff and all callbacks. Calls end with {@link
 * ErrorCode#HOST_UNAVAILABLE} when the host is lost, even if libvirt keeps their threads.
 */
public final class LibvirtConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtConnection.class);
    /** Two sessions whose calls have all not returned. */
    private static final int MAX_LEFT = 2 * LibvirtSession.MAX_CALLS;

    private final LibvirtSettings settings;
    private final EventLoop loop;
    private final ConnectionListener listener;
    private final LibvirtTiming timing;
    private final LibvirtThreads threads;
    private final ReconnectSchedule reconnects;
    /** The key is a {@link Task}, or the connection that libvirt has closed. */
    private final Delivery<Object, Runnable> tasks;

    private Optional<LibvirtSession> current = Optional.empty();
    private Outage lastOutage = Outage.because("is not connected yet");
    private Subscription nextAttempt = () -> {};
    private int failedResyncs;
    private boolean closed;

    private enum Task {
        RESYNC
    }

    public LibvirtConnection(
            LibvirtSettings settings,
            EventLoop loop,
            ConnectionListener listener,
            LibvirtThreads threads,
            LibvirtTiming timing) {
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
     * Connects for the first time; blocks.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    public void open() {
        CompletableFuture<Optional<Outage>> result = new CompletableFuture<>();
        connect(() -> result.complete(Optional.empty()), outage -> result.complete(Optional.of(outage)));
        result.join().ifPresent(outage -> {
            throw outage.exception(settings);
        });
    }

    /**
     * Runs a call on a connection that no other thread uses meanwhile; blocks until the host answers or is lost.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason while there is no connection
     */
    public <T> T call(String what, LibvirtCall<T> call) {
        LibvirtSession session;
        synchronized (this) {
            session = current.orElseThrow(() -> lastOutage.exception(settings));
        }
        return session.call(what, call);
    }

    /** Why there is no connection, to follow the name of the host in a sentence; empty if there is one. Does not block. */
    public synchronized Optional<String> outage() {
        return current.isPresent() ? Optional.empty() : Optional.of(lastOutage.why());
    }

    /**
     * Starts to connect; does not block.
     *
     * @param succeeded called when the host can be used
     * @param failed called at most once, with the reason
     */
    private void connect(Runnable succeeded, Consumer<Outage> failed) {
        if (threads.calls().running(host()) >= MAX_LEFT) {
            failed.accept(Outage.because(
                    "holds %d threads of this server in calls that have not returned; restart libvirtd on the host"
                            .formatted(MAX_LEFT)));
            return;
        }
        int hanging = threads.hanging().connects(settings.uri());
        Duration pause = threads.hanging().pause(settings.uri(), timing.connectDeadline());
        if (hanging >= HangingConnects.MAX || pause.compareTo(Duration.ZERO) > 0) {
            failed.accept(Outage.because("has not answered earlier attempts to connect (%d)".formatted(hanging)));
            return;
        }
        new ConnectAttempt(settings, threads, timing.connectDeadline(), new ConnectAttempt.Steps() {
                    @Override
                    public SharedConnection open() throws LibvirtException {
                        return new SharedConnection(
                                new NativeConnect(settings.uri()), LibvirtConnection.this::unregister);
                    }

                    @Override
                    public void prepare(SharedConnection fresh) throws LibvirtException {
                        register(fresh);
                    }

                    @Override
                    public void succeeded(SharedConnection fresh) {
                        if (activate(fresh)) {
                            succeeded.run();
                        }
                    }

                    @Override
                    public void failed(Outage outage) {
                        failed.accept(outage);
                    }

                    @Override
                    public void failedLate() {
                        reconnectSoon();
                    }
                })
                .start();
    }

    /** The host has ended a connect that hung, so another one may succeed. */
    private synchronized void reconnectSoon() {
        if (isOutOfUse()) {
            reconnectAfter(timing.retries().pause(1));
        }
    }

    private SharedConnection openForCalls() throws LibvirtException {
        return new SharedConnection(new NativeConnect(settings.uri()), connect -> {});
    }

    private void register(SharedConnection fresh) throws LibvirtException {
        try {
            fresh.connect()
                    .registerCloseListener((c, reason) -> tasks.put(fresh, () -> closedByLibvirt(fresh, reason)));
        } catch (LibvirtException e) {
            if (!LibvirtFailure.isUnsupported(e)) {
                throw e;
            }
        }
        listener.register(fresh.connect());
    }

    /** Events first, then the close listener, then the handle: nothing is freed that libvirt may still call. */
    private void unregister(NativeConnect connect) {
        listener.deregister(connect);
        try {
            connect.unregisterCloseListener();
        } catch (LibvirtException e) {
            LOG.debug("Host {}: {}", settings.name(), e.getMessage());
        }
        loop.awaitIteration();
    }

    /** False if there is a connection already, or this was closed meanwhile. */
    private boolean activate(SharedConnection fresh) {
        LibvirtSession session =
                new LibvirtSession(settings, fresh, this::openForCalls, threads, timing, this::sessionLost);
        boolean adopted;
        synchronized (this) {
            adopted = !closed && current.isEmpty();
            if (adopted) {
                current = Optional.of(session);
                reconnects.opened();
            }
        }
        if (adopted) {
            session.start();
        } else {
            session.close();
        }
        return adopted;
    }

    private void closedByLibvirt(SharedConnection dead, Object reason) {
        current()
                .filter(session -> session.uses(dead))
                .ifPresent(session -> session.lose(Outage.because("closed the connection: " + reason)));
    }

    private void sessionLost(LibvirtSession lost, Outage outage) {
        synchronized (this) {
            if (closed || !current.equals(Optional.of(lost))) {
                return;
            }
            current = Optional.empty();
            lastOutage = outage;
        }
        LOG.warn("Host {} {}", settings.name(), outage.why());
        listener.lost();
        reconnectAfter(reconnects.afterLoss());
    }

    private synchronized void reconnectAfter(Duration pause) {
        nextAttempt.close();
        nextAttempt = threads.scheduler().after(pause, this::reconnect);
    }

    private void reconnect() {
        if (isOutOfUse()) {
            connect(this::reconnected, this::reconnectFailed);
        }
    }

    /** True if a connection is needed. */
    private synchronized boolean isOutOfUse() {
        return !closed && current.isEmpty();
    }

    private void reconnected() {
        LOG.info("Host {}: reconnected", settings.name());
        tasks.put(Task.RESYNC, this::resync);
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
            threads.scheduler().after(pause, () -> tasks.put(Task.RESYNC, this::resync));
        }
    }

    private synchronized void reconnectFailed(Outage outage) {
        if (closed || current.isPresent()) {
            return;
        }
        lastOutage = outage;
        Duration hanging = threads.hanging().pause(settings.uri(), timing.connectDeadline());
        Duration backoff = reconnects.afterFailure();
        Duration pause = backoff.compareTo(hanging) < 0 ? hanging : backoff;
        LOG.debug("Host {} {}; next attempt in {}", settings.name(), outage.why(), pause);
        reconnectAfter(pause);
    }

    private synchronized Optional<LibvirtSession> current() {
        return current;
    }

    @Override
    public void close() {
        Optional<LibvirtSession> last;
        synchronized (this) {
            closed = true;
            last = current;
            current = Optional.empty();
            lastOutage = Outage.because("is closed");
            nextAttempt.close();
        }
        tasks.close();
        last.ifPresent(LibvirtSession::close);
    }
}
