// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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

/** Listens to every open host, and looks at regular intervals for hosts that were opened or closed. */
public final class HostWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

    private final Hosts hosts;
    private final Consumer<Host> opened;
    private final BiConsumer<Host, HostEvent> events;
    private final Map<Host, Subscription> subscriptions = new IdentityHashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(r -> {
        Thread thread = new Thread(r, "understudy-watch");
        thread.setDaemon(true);
        return thread;
    });
    private boolean closed;

    /**
     * @param opened called once for each host, after its events have begun to flow
     * @param events called on the connector's thread; must hand off at once
     * @param every how often is looked for hosts
     */
    public HostWatch(Hosts hosts, Consumer<Host> opened, BiConsumer<Host, HostEvent> events, Duration every) {
        this.hosts = hosts;
        this.opened = opened;
        this.events = events;
        clock.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** An exception would end the schedule. */
    private void look() {
        try {
            refresh();
        } catch (RuntimeException e) {
            LOG.warn("The open hosts are not known for now", e);
        }
    }

    /** Subscribes to hosts that were opened and forgets those that were closed since the last call. */
    public synchronized void refresh() {
        if (closed) {
            return;
        }
        Set<Host> now = Collections.newSetFromMap(new IdentityHashMap<>());
        now.addAll(hosts.all());
        subscriptions.entrySet().removeIf(e -> {
            boolean gone = !now.contains(e.getKey());
            if (gone) {
                e.getValue().close();
            }
            return gone;
        });
        now.stream().filter(h -> !subscriptions.containsKey(h)).forEach(this::subscribe);
    }

    private void subscribe(Host host) {
        try {
            subscriptions.put(host, host.subscribe(e -> events.accept(host, e)));
            opened.accept(host);
        } catch (UnderstudyException e) {
            LOG.warn("No events from host {} for now: {}", host.name(), e.getMessage());
        }
    }

    /** The open host of this name, as of the last {@link #refresh}. */
    public synchronized Optional<Host> host(HostName name) {
        return subscriptions.keySet().stream()
                .filter(h -> h.name().equals(name))
                .findFirst();
    }

    @Override
    public synchronized void close() {
        closed = true;
        clock.shutdown();
        subscriptions.values().forEach(Subscription::close);
        subscriptions.clear();
    }
}
