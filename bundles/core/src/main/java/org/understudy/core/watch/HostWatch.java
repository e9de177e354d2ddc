// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/** Listens to every open host, also to those that are opened later, once {@link #refresh} is called. */
public final class HostWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

    private final Hosts hosts;
    private final Consumer<Host> opened;
    private final BiConsumer<Host, HostEvent> events;
    private final Map<Host, Subscription> subscriptions = new IdentityHashMap<>();
    private boolean closed;

    /**
     * @param opened called once for each host, after its events have begun to flow
     * @param events called on the connector's thread; must hand off at once
     */
    public HostWatch(Hosts hosts, Consumer<Host> opened, BiConsumer<Host, HostEvent> events) {
        this.hosts = hosts;
        this.opened = opened;
        this.events = events;
    }

    /** Subscribes to hosts that were opened and forgets those that were closed since the last call. */
    public synchronized void refresh() {
        if (closed) {
            return;
        }
        List<Host> now = hosts.all();
        subscriptions.entrySet().removeIf(e -> {
            boolean gone = now.stream().noneMatch(h -> h == e.getKey());
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
        subscriptions.values().forEach(Subscription::close);
        subscriptions.clear();
    }
}
