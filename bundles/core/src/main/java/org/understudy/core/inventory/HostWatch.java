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
import org.understudy.core.concurrent.Backoff;
import org.understudy.core.concurrent.Delivery;
import org.understudy.core.concurrent.Scheduler;
import org.understudy.core.concurrent.SystemScheduler;

/**
 * A subscription to every open host. Each change of the open hosts makes it compare them with those it knows, on a thread
 * of its own: those that are open already come first, and what another watch does with a host delays nothing here.
 */
public final class HostWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

    private static final Backoff AGAIN = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1));

    private final Hosts hosts;
    private final Scheduler scheduler;
    private final Consumer<Host> opened;
    private final BiConsumer<Host, HostEvent> events;
    private final Map<HostName, Opened> known = new HashMap<>();
    private final ExecutorService thread;
    private final Delivery<Hosts, Hosts> changes;
    private final Subscription news;
    private Subscription again = () -> {};
    private int failures;
    private boolean closed;

    private record Opened(Host host, Subscription events) {}

    public HostWatch(Hosts hosts, Consumer<Host> opened, BiConsumer<Host, HostEvent> events) {
        this(hosts, opened, events, SystemScheduler.process());
    }

    /**
     * @param opened called once for each host, after its events have begun to flow; must hand off at once
     * @param events called on the connector's thread; must hand off at once
     */
    public HostWatch(Hosts hosts, Consumer<Host> opened, BiConsumer<Host, HostEvent> events, Scheduler scheduler) {
        this.hosts = hosts;
        this.scheduler = scheduler;
        this.opened = opened;
        this.events = events;
        this.thread = scheduler.pool("understudy-host-watch", 1, Integer.MAX_VALUE);
        this.changes = new Delivery<>("of open hosts", thread, (older, newer) -> newer, changed -> refresh());
        this.news = hosts.listen(() -> changes.put(hosts, hosts));
        changes.put(hosts, hosts);
    }

    /** Subscribes at once to hosts that were opened, and forgets those that were closed. */
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
        again.close();
        failures = known.size() == now.size() ? 0 : failures + 1;
        if (failures > 0) {
            again = scheduler.after(AGAIN.pause(failures), () -> changes.put(hosts, hosts));
        }
    }

    private void subscribe(Host host) {
        try {
            known.put(host.name(), new Opened(host, host.subscribe(e -> events.accept(host, e))));
            opened.accept(host);
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: no events for now: {}", host.name(), e.getMessage());
        }
    }

    /** The open host of this name, as of the last change. */
    public synchronized Optional<Host> host(HostName name) {
        return Optional.ofNullable(known.get(name)).map(Opened::host);
    }

    @Override
    public void close() {
        news.close();
        changes.close();
        thread.shutdown();
        synchronized (this) {
            closed = true;
            again.close();
            known.values().forEach(k -> k.events().close());
            known.clear();
        }
    }
}
