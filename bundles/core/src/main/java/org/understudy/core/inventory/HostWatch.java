// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Delivery;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/**
 * Subscribes to the events of every open host. After each change of the open hosts it compares them with those it has
 * subscribed to, on its own thread, so that one watch does not delay another.
 */
public final class HostWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

    private static final Backoff RETRY_BACKOFF = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1));

    private final Hosts hosts;
    private final Scheduler scheduler;
    private final Consumer<Host> opened;
    private final BiConsumer<Host, HostEvent> events;
    private final Map<HostName, Opened> known = new HashMap<>();
    private final ExecutorService thread;
    private final Delivery<Hosts, Hosts> changes;
    private final Subscription hostsSubscription;
    private Subscription retry = () -> {};
    private int failures;
    private boolean closed;

    private record Opened(Host host, Subscription events) {}

    public HostWatch(Hosts hosts, Consumer<Host> opened, BiConsumer<Host, HostEvent> events) {
        this(hosts, opened, events, SystemScheduler.process());
    }

    /**
     * @param opened called once for each host, after the subscription to its events; must not block
     * @param events called on the connector's thread; must not block
     */
    public HostWatch(Hosts hosts, Consumer<Host> opened, BiConsumer<Host, HostEvent> events, Scheduler scheduler) {
        this.hosts = hosts;
        this.scheduler = scheduler;
        this.opened = opened;
        this.events = events;
        this.thread = scheduler.pool("understudy-host-watch", 1, Integer.MAX_VALUE);
        this.changes = new Delivery<>("host watch", thread, (older, newer) -> newer, changed -> refresh());
        this.hostsSubscription = hosts.listen(() -> changes.put(hosts, hosts));
        changes.put(hosts, hosts);
    }

    /** Subscribes to hosts that were opened and drops those that were closed. */
    public synchronized void refresh() {
        if (closed) {
            return;
        }
        Map<HostName, Host> now = new LinkedHashMap<>();
        hosts.all().forEach(host -> now.put(host.name(), host));
        known.values().removeIf(k -> {
            boolean gone = now.get(k.host().name()) != k.host();
            if (gone) {
                k.events().close();
            }
            return gone;
        });
        now.values().stream().filter(h -> !known.containsKey(h.name())).forEach(this::subscribe);
        retry.close();
        failures = known.size() == now.size() ? 0 : failures + 1;
        if (failures > 0) {
            retry = scheduler.after(RETRY_BACKOFF.pause(failures), () -> changes.put(hosts, hosts));
        }
    }

    private void subscribe(Host host) {
        try {
            known.put(host.name(), new Opened(host, host.subscribe(e -> events.accept(host, e))));
            opened.accept(host);
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: subscription to events failed, retrying: {}", host.name(), e.getMessage());
        }
    }

    /** The open host of this name, as of the last refresh. */
    public synchronized Optional<Host> host(HostName name) {
        return Optional.ofNullable(known.get(name)).map(Opened::host);
    }

    @Override
    public void close() {
        hostsSubscription.close();
        changes.close();
        thread.shutdown();
        synchronized (this) {
            closed = true;
            retry.close();
            known.values().forEach(k -> k.events().close());
            known.clear();
        }
    }
}
