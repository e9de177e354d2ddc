// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.api.spi.HostFacts;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.Scheduler;

/**
 * One host of the configuration. Opens it in the background and retries with a backoff. No host is opened or closed under
 * a lock or on the thread of a caller.
 */
final class ManagedHost {
    private static final Logger LOG = LoggerFactory.getLogger(ManagedHost.class);

    /**
     * What all hosts share.
     *
     * @param opening opens hosts
     * @param closing closes hosts; a separate pool, so that a host that hangs while it is closed does not delay opening
     * @param changed called after a host was opened, or closed with its connector
     * @param refused called after a host could not be opened
     */
    record Shared(
            Scheduler scheduler,
            Executor opening,
            Executor closing,
            Backoff backoff,
            Consumer<HostName> changed,
            Consumer<HostName> refused) {}

    /** @param by the connector that opened it */
    private record Opened(Host host, HostConnector by) {}

    private volatile HostPolicy policy;
    private final Supplier<Optional<HostConnector>> connectors;
    private final Shared shared;
    private Optional<Opened> opened = Optional.empty();
    private CompletableFuture<Void> closing;
    private Subscription nextAttempt = () -> {};
    private Finding obstacle;
    private int failures;
    private boolean opening;
    private boolean closed;

    /** @param predecessor completes when the previous host of this name is closed */
    ManagedHost(
            HostPolicy policy,
            Supplier<Optional<HostConnector>> connectors,
            Shared shared,
            CompletableFuture<Void> predecessor) {
        this.policy = policy;
        this.connectors = connectors;
        this.shared = shared;
        this.closing = predecessor;
        this.obstacle = obstacle("is being opened", "Wait until the host is open; understudy:doctor lists it.");
    }

    HostPolicy policy() {
        return policy;
    }

    /** Whether these options need no other connection than the present one. */
    boolean isOpenedLike(HostPolicy wanted) {
        return policy.connector().equals(wanted.connector()) && policy.options().equals(wanted.options());
    }

    /** Whether work on the host does not notice these options: migrations read the names of networks when they start. */
    boolean isUsedLike(HostPolicy wanted) {
        return isOpenedLike(wanted) && policy.nics().equals(wanted.nics());
    }

    /** Adopts options that are not those of the connector. */
    void adopt(HostPolicy wanted) {
        policy = wanted;
    }

    synchronized Optional<Host> host() {
        return opened.map(Opened::host);
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason if it is not open */
    synchronized Host require() {
        return host().orElseThrow(() -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, obstacle.message()));
    }

    /**
     * The same, after the first attempt to open it has ended. Waits up to the deadline.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason if it is not open
     */
    synchronized Host opened(Deadline deadline) {
        try {
            while (opened.isEmpty() && failures == 0 && !closed && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return require();
    }

    /** Opens the host in the background, unless it is open or being opened, after its predecessor is closed. */
    void open() {
        CompletableFuture<Void> before;
        synchronized (this) {
            before = closing;
        }
        before.thenRun(() -> {
            try {
                shared.opening().execute(this::attempt);
            } catch (RejectedExecutionException e) {
                LOG.debug("Host {}: server is stopping, host is not opened", policy.name());
            }
        });
    }

    private void attempt() {
        if (!begin()) {
            return;
        }
        Optional<HostConnector> connector = connectors.get();
        Optional<Opened> result = Optional.empty();
        try {
            result = connector.map(c -> new Opened(c.open(policy), c));
            if (result.isEmpty()) {
                blocked(obstacle(
                        "needs the connector '" + policy.connector() + "', which is not installed",
                        "Install its bundle, or correct the key connector in etc/understudy.yaml."));
            }
        } catch (Throwable e) {
            failed(e);
        } finally {
            end(connector, result);
        }
    }

    private synchronized boolean begin() {
        boolean needed = !closed && !opening && opened.isEmpty() && closing.isDone();
        opening |= needed;
        return needed;
    }

    private synchronized void blocked(Finding finding) {
        obstacle = finding;
    }

    private synchronized void failed(Throwable e) {
        Duration pause = shared.backoff().pause(++failures);
        if (e instanceof UnderstudyException known) {
            obstacle =
                    obstacle("cannot be opened: " + e.getMessage(), known.code().remedy());
            LOG.warn(
                    "Host {}: cannot be opened, retrying in {} ms: {}",
                    policy.name(),
                    pause.toMillis(),
                    e.getMessage());
        } else {
            obstacle = obstacle("cannot be opened: " + e, ErrorCode.INTERNAL.remedy());
            LOG.error("Host {}: cannot be opened, retrying in {} ms", policy.name(), pause.toMillis(), e);
        }
        if (!closed) {
            nextAttempt = shared.scheduler().after(pause, this::open);
        }
        notifyAll();
    }

    private void end(Optional<HostConnector> connector, Optional<Opened> result) {
        boolean reopen;
        Optional<Host> unused = Optional.empty();
        synchronized (this) {
            opening = false;
            reopen = !closed && !connector.equals(connectors.get());
            if (closed || reopen) {
                unused = result.map(Opened::host).filter(host -> !closeAsync(host));
            } else if (result.isPresent()) {
                opened = result;
                failures = 0;
                notifyAll();
                LOG.info("Host {}: opened", policy.name());
            }
        }
        unused.ifPresent(this::close);
        if (reopen) {
            open();
        } else if (result.isPresent()) {
            shared.changed().accept(policy.name());
        } else {
            shared.refused().accept(policy.name());
        }
    }

    /**
     * Closes the host if the removed connector opened it, and attempts to open it with another one.
     *
     * @return completes when the host is closed
     */
    CompletableFuture<Void> connectorRemoved(HostConnector connector) {
        CompletableFuture<Void> released;
        synchronized (this) {
            if (opened.filter(o -> o.by().equals(connector)).isEmpty()) {
                return CompletableFuture.completedFuture(null);
            }
            released = release();
        }
        shared.changed().accept(policy.name());
        open();
        return released;
    }

    /**
     * Closes the host permanently. A host that is being opened is closed as soon as it is open.
     *
     * @return completes when a host that was open is closed
     */
    synchronized CompletableFuture<Void> close() {
        closed = true;
        notifyAll();
        nextAttempt.close();
        return release();
    }

    private CompletableFuture<Void> release() {
        host().ifPresent(this::closeAsync);
        opened = Optional.empty();
        return closing;
    }

    /** Returns false if the pool is closed, so that the caller has to close the host. */
    private synchronized boolean closeAsync(Host open) {
        try {
            CompletableFuture<Void> done = CompletableFuture.runAsync(() -> close(open), shared.closing());
            closing = CompletableFuture.allOf(closing, done);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void close(Host open) {
        try {
            open.close();
        } catch (Throwable e) {
            LOG.warn("Host {}: closing failed", policy.name(), e);
        }
    }

    /** The API view of a host that answers. */
    HostView view(HostFacts facts) {
        return new HostView(policy.name(), policy.connector(), true, facts.summary(), facts.findings());
    }

    /** The API view of a host that is open and does not answer. */
    HostView unanswered(String reason, Optional<Throwable> cause) {
        ErrorCode code = cause.filter(UnderstudyException.class::isInstance)
                .map(known -> ((UnderstudyException) known).code())
                .orElse(ErrorCode.HOST_UNAVAILABLE);
        return absent(obstacle(reason, code.remedy()));
    }

    /** The API view of a host that is open and was not read yet. */
    HostView unread() {
        return absent(obstacle("is being read", "Wait until the host is read."));
    }

    /** The API view of a host that is not open. */
    synchronized HostView unopened() {
        return absent(obstacle);
    }

    private HostView absent(Finding reason) {
        return new HostView(policy.name(), policy.connector(), false, "not available", List.of(reason));
    }

    private Finding obstacle(String problem, String remedy) {
        String subject = "host " + policy.name();
        return Finding.of(FindingCode.HOST_UNAVAILABLE, subject, "Host " + policy.name() + " " + problem, remedy);
    }
}
