// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Scheduler;

/**
 * Subscribes to the events of every open host. After each change of the open hosts it compares them with those it has
 * subscriptions to. Hosts are called on its own threads, in parallel and never under its lock.
 */
public final class HostWatch implements AutoCloseable {
    private final Hosts hosts;
    private final ExecutorService threads;
    private final HostSubscription.Shared shared;
    private final Map<HostName, HostSubscription> subscriptions = new LinkedHashMap<>();
    private final Subscription changes;
    private boolean closed;

    /**
     * @param opened called once for each host, after the subscription to its events; delays no other host
     * @param events called on the connector's thread; must not block
     */
    public HostWatch(Hosts hosts, Consumer<Host> opened, BiConsumer<Host, HostEvent> events, Scheduler scheduler) {
        this.hosts = hosts;
        this.threads = scheduler.hostPool("understudy-host-watch");
        this.shared = new HostSubscription.Shared(scheduler, threads, opened, events);
        this.changes = hosts.listen(this::refresh);
        refresh();
    }

    /** Subscribes to hosts that were opened and drops those that were closed. Does not wait for a host. */
    void refresh() {
        List<HostSubscription> dropped = new ArrayList<>();
        List<HostSubscription> added = new ArrayList<>();
        synchronized (this) {
            if (closed) {
                return;
            }
            List<Host> open = hosts.all();
            open.stream()
                    .filter(host -> !isSubscribed(host))
                    .map(host -> new HostSubscription(host, shared))
                    .forEach(added::add);
            if (subscriptions.size() + added.size() > open.size()) {
                dropped.addAll(drop(open));
            }
            added.forEach(s -> subscriptions.put(s.host().name(), s));
        }
        dropped.forEach(HostSubscription::drop);
        added.forEach(HostSubscription::begin);
    }

    private boolean isSubscribed(Host host) {
        HostSubscription known = subscriptions.get(host.name());
        return known != null && known.host() == host;
    }

    /** Removes the subscriptions of other hosts, also of one that was opened again. */
    private List<HostSubscription> drop(List<Host> open) {
        Map<HostName, Host> now = new HashMap<>();
        open.forEach(host -> now.put(host.name(), host));
        List<HostSubscription> former = subscriptions.values().stream()
                .filter(s -> now.get(s.host().name()) != s.host())
                .toList();
        subscriptions.values().removeAll(former);
        return former;
    }

    /** The open host of this name, once this watch has a subscription to its events. */
    public synchronized Optional<Host> host(HostName name) {
        return Optional.ofNullable(subscriptions.get(name))
                .filter(HostSubscription::isOpen)
                .map(HostSubscription::host);
    }

    /** Delivers no more events. Does not wait for a host. */
    @Override
    public void close() {
        changes.close();
        List<HostSubscription> dropped;
        synchronized (this) {
            closed = true;
            dropped = List.copyOf(subscriptions.values());
            subscriptions.clear();
        }
        dropped.forEach(HostSubscription::drop);
        threads.shutdown();
    }
}
