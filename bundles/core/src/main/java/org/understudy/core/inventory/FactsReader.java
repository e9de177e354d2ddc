// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;

/**
 * Reads the facts of one open host, which change without an event, such as after an update of QEMU. A reading waits once, and
 * is repeated after a pause if it failed. Safe for use from any thread.
 */
final class FactsReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FactsReader.class);
    private static final Duration RETRY = Duration.ofSeconds(30);

    private final Host host;
    private final HostExecutor executor;
    private final Scheduler scheduler;
    private final List<VmFollower> followers;
    private final Supplier<AnswerLimit> limits;
    private final Runnable answered;
    private Subscription retry = () -> {};
    private boolean waiting;
    private boolean closed;

    /**
     * @param limits begins the limit of a call
     * @param answered called when a host that was reported as hanging has ended its call
     */
    FactsReader(
            Host host,
            HostExecutor executor,
            Scheduler scheduler,
            List<VmFollower> followers,
            Supplier<AnswerLimit> limits,
            Runnable answered) {
        this.host = host;
        this.executor = executor;
        this.scheduler = scheduler;
        this.followers = followers;
        this.limits = limits;
        this.answered = answered;
    }

    void enqueue() {
        synchronized (this) {
            if (waiting || closed) {
                return;
            }
            waiting = true;
            retry.close();
        }
        if (!executor.run(host.name(), "facts", this::read)) {
            synchronized (this) {
                waiting = false;
            }
        }
    }

    private void read() {
        synchronized (this) {
            waiting = false;
            if (closed) {
                return;
            }
        }
        if (host.outage().isPresent()) {
            return;
        }
        Optional<HostFacts> now = Optional.empty();
        Optional<UnansweredHost> why = Optional.empty();
        AnswerLimit limit = limits.get();
        boolean wasReported;
        try {
            now = Optional.of(host.facts());
        } catch (RuntimeException | Error e) {
            LOG.debug("Host {}: facts could not be read, retrying", host.name(), e);
            why = Optional.of(UnansweredHost.of(host.name(), e));
        } finally {
            wasReported = limit.end();
        }
        publish(now, why);
        if (why.isPresent()) {
            retryLater();
        }
        if (wasReported) {
            answered.run();
        }
    }

    private void publish(Optional<HostFacts> now, Optional<UnansweredHost> why) {
        followers.forEach(follower -> follower.onFacts(host, now, why));
    }

    private synchronized void retryLater() {
        if (!closed) {
            retry.close();
            retry = scheduler.after(RETRY, this::enqueue);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        retry.close();
    }
}
