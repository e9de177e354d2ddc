// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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
    private final Map<HostName, Opened> known = new HashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(r -> {
        Thread thread = new Thread(r, "understudy-watch");
        thread.setDaemon(true);
        return thread;
    });
    private boolean closed;

    private record Opened(Host host, Subscription events) {}

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
        Map<HostName, Host> now = new HashMap<>();
        hosts.all().forEach(host -> now.put(host.name(), host));
        known.values().removeIf(k -> {
            boolean gone = now.get(k.host().name()) != k.host();
            if (gone) {
                k.events().close();
            }
            return gone;
        });
        now.values().stream().filter(h -> !known.containsKey(h.name())).forEach(this::subscribe);
    }

    private void subscribe(Host host) {
        try {
            known.put(host.name(), new Opened(host, host.subscribe(e -> events.accept(host, e))));
            opened.accept(host);
        } catch (UnderstudyException e) {
            LOG.warn("No events from host {} for now: {}", host.name(), e.getMessage());
        }
    }

    /** The open host of this name, as of the last {@link #refresh}. */
    public synchronized Optional<Host> host(HostName name) {
        return Optional.ofNullable(known.get(name)).map(Opened::host);
    }

    @Override
    public synchronized void close() {
        closed = true;
        clock.shutdown();
        known.values().forEach(k -> k.events().close());
        known.clear();
    }
}
