// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostView;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.api.spi.HostFacts;

/** One host of the configuration. Opens it in the background and tries again, less and less often, until it is open. */
final class HostSlot {
    private static final Logger LOG = LoggerFactory.getLogger(HostSlot.class);
    private static final int LONGEST_WAIT_DOUBLINGS = 6;

    private final HostPolicy policy;
    private final Supplier<Optional<HostConnector>> connectors;
    private final ScheduledExecutorService workers;
    private final Duration firstWait;
    private Optional<Host> host = Optional.empty();
    private Optional<HostConnector> openedBy = Optional.empty();
    private Finding obstacle;
    private int failures;
    private boolean opening;
    private boolean closed;

    /** @param firstWait between the first two attempts; doubles up to 64 times as much */
    HostSlot(
            HostPolicy policy,
            Supplier<Optional<HostConnector>> connectors,
            ScheduledExecutorService workers,
            Duration firstWait) {
        this.policy = policy;
        this.connectors = connectors;
        this.workers = workers;
        this.firstWait = firstWait;
        this.obstacle = obstacle("is being opened", "Wait a moment.");
    }

    HostPolicy policy() {
        return policy;
    }

    synchronized Optional<Host> host() {
        return host;
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason if it is not open */
    synchronized Host require() {
        return host.orElseThrow(() -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, obstacle.message()));
    }

    /** Attempts to open the host now, unless it is open or being opened. */
    void open() {
        try {
            workers.execute(this::attempt);
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {} is not opened any more", policy.name());
        }
    }

    private void attempt() {
        if (!begin()) {
            return;
        }
        Optional<HostConnector> connector = connectors.get();
        Optional<Host> opened = Optional.empty();
        try {
            opened = connector.map(c -> c.open(policy));
            if (opened.isEmpty()) {
                blocked(obstacle(
                        "needs the connector '" + policy.connector() + "', which is not installed",
                        "Install its bundle, or correct the key connector in etc/understudy.yaml."));
            }
        } catch (RuntimeException e) {
            failed(e);
        } finally {
            end(connector, opened);
        }
    }

    private synchronized boolean begin() {
        boolean needed = !closed && !opening && host.isEmpty();
        opening |= needed;
        return needed;
    }

    private synchronized void blocked(Finding finding) {
        obstacle = finding;
    }

    private synchronized void failed(RuntimeException e) {
        long wait = firstWait.toMillis() << Math.min(failures++, LONGEST_WAIT_DOUBLINGS);
        if (e instanceof UnderstudyException known) {
            obstacle =
                    obstacle("cannot be opened: " + e.getMessage(), known.code().remedy());
            LOG.warn("Host {} cannot be opened, next attempt in {} ms: {}", policy.name(), wait, e.getMessage());
        } else {
            obstacle = obstacle("cannot be opened: " + e, ErrorCode.INTERNAL.remedy());
            LOG.error("Host {} cannot be opened, next attempt in {} ms", policy.name(), wait, e);
        }
        if (!closed) {
            workers.schedule(this::attempt, wait, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void end(Optional<HostConnector> connector, Optional<Host> opened) {
        opening = false;
        if (closed) {
            opened.ifPresent(this::close);
        } else if (!connector.equals(connectors.get())) {
            opened.ifPresent(this::close);
            open();
        } else if (opened.isPresent()) {
            host = opened;
            openedBy = connector;
            failures = 0;
            LOG.info("Host {} is open", policy.name());
        }
    }

    /** A connector is gone: lets go of the host if it came from there, and attempts to open it by another one. */
    synchronized void lost(HostConnector connector) {
        if (openedBy.equals(Optional.of(connector))) {
            release();
            open();
        }
    }

    /** Lets go for good. */
    synchronized void close() {
        closed = true;
        release();
    }

    private void release() {
        host.ifPresent(this::close);
        host = Optional.empty();
        openedBy = Optional.empty();
    }

    private void close(Host open) {
        try {
            open.close();
        } catch (RuntimeException e) {
            LOG.warn("Host {} did not close cleanly", policy.name(), e);
        }
    }

    /** Blocks for the host's answer. */
    HostView view() {
        Optional<Host> open = host();
        if (open.isEmpty()) {
            return absent(currentObstacle());
        }
        try {
            HostFacts facts = open.get().facts();
            return new HostView(policy.name(), policy.connector(), true, facts.summary(), facts.findings());
        } catch (UnderstudyException e) {
            return absent(
                    obstacle("does not answer: " + e.getMessage(), e.code().remedy()));
        }
    }

    private synchronized Finding currentObstacle() {
        return obstacle;
    }

    private HostView absent(Finding why) {
        return new HostView(policy.name(), policy.connector(), false, "not available", List.of(why));
    }

    private Finding obstacle(String what, String remedy) {
        String subject = "host " + policy.name();
        return Finding.of(FindingCode.HOST_UNAVAILABLE, subject, "Host " + policy.name() + " " + what, remedy);
    }
}
