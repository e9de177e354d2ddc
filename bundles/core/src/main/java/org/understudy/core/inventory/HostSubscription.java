// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Scheduler;

/**
 * The subscription of a {@link HostWatch} to one host. A host that refuses it is asked again after a backoff. The host is
 * called on a thread of the watch, without a lock: one that hangs delays nothing else.
 */
final class HostSubscription {
    private static final Logger LOG = LoggerFactory.getLogger(HostSubscription.class);

    private static final Backoff RETRY_BACKOFF = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1));

    /** What all subscriptions of a watch share. */
    record Shared(Scheduler scheduler, Executor threads, Consumer<Host> opened, BiConsumer<Host, HostEvent> events) {}

    private final Host host;
    private final Shared shared;
    private Optional<Subscription> subscription = Optional.empty();
    private Subscription retry = () -> {};
    private int failures;
    private volatile boolean dropped;

    HostSubscription(Host host, Shared shared) {
        this.host = host;
        this.shared = shared;
    }

    Host host() {
        return host;
    }

    synchronized boolean isOpen() {
        return subscription.isPresent();
    }

    /** Never blocks. */
    void begin() {
        execute(this::subscribe);
    }

    private void execute(Runnable task) {
        try {
            shared.threads().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: watch is closed", host.name(), e);
        }
    }

    private void subscribe() {
        try {
            Subscription opened = host.subscribe(this::onEvent);
            if (keep(opened)) {
                shared.opened().accept(host);
            } else {
                opened.close();
            }
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: subscription to events failed, retrying: {}", host.name(), e.getMessage());
            retry();
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: subscription to events failed, retrying", host.name(), e);
            retry();
        }
    }

    private synchronized boolean keep(Subscription opened) {
        if (!dropped) {
            subscription = Optional.of(opened);
            failures = 0;
        }
        return !dropped;
    }

    private void onEvent(HostEvent event) {
        if (!dropped) {
            shared.events().accept(host, event);
        }
    }

    private void retry() {
        close();
        synchronized (this) {
            if (!dropped) {
                retry = shared.scheduler().after(RETRY_BACKOFF.pause(++failures), this::begin);
            }
        }
    }

    /** No event is delivered from now on. Never blocks: the host is called on another thread. */
    void drop() {
        synchronized (this) {
            dropped = true;
            retry.close();
        }
        execute(this::close);
    }

    private void close() {
        Optional<Subscription> open;
        synchronized (this) {
            open = subscription;
            subscription = Optional.empty();
        }
        open.ifPresent(Subscription::close);
    }
}
