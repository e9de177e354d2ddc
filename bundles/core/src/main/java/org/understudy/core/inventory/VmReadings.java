// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;

/**
 * Reads the VMs of every host once: all of them when the host is open and after it was lost, later only a VM that an event
 * names. An OSGi service within this bundle; safe for use from any thread.
 */
@Component(service = VmReadings.class)
public final class VmReadings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VmReadings.class);
    private static final int EVENTS_WAITING = 10_000;
    /** How old the facts of a host may be: they change without an event, and each reading opens a connection to the host. */
    private static final Duration FACTS_AGE = Duration.ofHours(1);

    private static final Duration FACTS_TURN = Duration.ofSeconds(10);

    private final Scheduler scheduler;
    private final VmReader reader;
    private final HostExecutor executor;
    private final List<VmFollower> followers = new CopyOnWriteArrayList<>();
    private final Map<HostName, HostReadings> readings = new HashMap<>();
    private final Hosts hosts;
    private final HostWatch watch;
    private final Subscription factsTurn;
    private final Deque<HostName> factsOrder = new ArrayDeque<>();

    @Activate
    public VmReadings(@Reference Hosts hosts) {
        this(hosts, DomainView::of, SystemScheduler.process());
    }

    /** @param views reads a definition */
    public VmReadings(Hosts hosts, Function<String, DomainView> views, Scheduler scheduler) {
        this.hosts = hosts;
        this.scheduler = scheduler;
        this.reader = new VmReader(views);
        this.executor = new HostExecutor("understudy-inventory", scheduler, EVENTS_WAITING, this::readAll);
        this.watch = new HostWatch(
                hosts,
                host -> of(host).ifPresent(HostReadings::open),
                (host, event) -> of(host).ifPresent(known -> known.onEvent(event)),
                scheduler);
        this.factsTurn = scheduler.every(FACTS_TURN, this::readSomeFacts);
    }

    /** Also delivers what was read before. Closing the result ends the delivery. */
    public Subscription follow(VmFollower follower) {
        List<HostReadings> known;
        synchronized (this) {
            followers.add(follower);
            known = List.copyOf(readings.values());
        }
        known.forEach(host -> host.replay(follower));
        return () -> followers.remove(follower);
    }

    /** Delivers the VMs of a host once they are read, in the order of later readings. */
    public void whenRead(Host host, Consumer<Map<VmName, VmReading>> consumer) {
        of(host).ifPresent(known -> known.whenRead(consumer));
    }

    /** Reads a VM after a change by this server, which its event may report later. Waits up to a limit. */
    public void refresh(Host host, VmName vm, Duration limit) {
        CompletableFuture<Void> read = new CompletableFuture<>();
        Optional<HostReadings> open = of(host);
        open.ifPresent(known -> known.enqueue(vm, true));
        if (open.isEmpty() || !executor.run(host.name(), "refresh of " + vm, () -> read.complete(null))) {
            return;
        }
        try {
            read.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.debug("Host {}: VM {} is read later", host.name(), vm);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A few hosts at each turn, so that the load is even. */
    private void readSomeFacts() {
        dropClosed().forEach(HostReadings::close);
        List<HostReadings> turn = new ArrayList<>();
        synchronized (this) {
            if (factsOrder.isEmpty()) {
                factsOrder.addAll(readings.keySet());
            }
            long turns = FACTS_AGE.dividedBy(FACTS_TURN);
            for (long due = (readings.size() + turns - 1) / turns; due > 0 && !factsOrder.isEmpty(); due--) {
                Optional.ofNullable(readings.get(factsOrder.remove())).ifPresent(turn::add);
            }
        }
        turn.forEach(HostReadings::enqueueFacts);
    }

    /** The open hosts are read under the lock: one that opens meanwhile must not be taken for a closed one. */
    private synchronized List<HostReadings> dropClosed() {
        Set<Host> open = Collections.newSetFromMap(new IdentityHashMap<>());
        open.addAll(hosts.all());
        List<HostReadings> dropped = readings.values().stream()
                .filter(host -> !open.contains(host.host()))
                .toList();
        readings.values().removeAll(dropped);
        return dropped;
    }

    private void readAll(HostName host) {
        Optional<HostReadings> known;
        synchronized (this) {
            known = Optional.ofNullable(readings.get(host));
        }
        known.ifPresent(HostReadings::enqueueAll);
    }

    /**
     * The readings of a host; empty if it is not open any more: an event or a command may be late. A host that was opened again is
     * another one, and is read anew.
     */
    private Optional<HostReadings> of(Host host) {
        Optional<HostReadings> replaced;
        HostReadings fresh;
        synchronized (this) {
            Optional<HostReadings> known = Optional.ofNullable(readings.get(host.name()));
            if (known.filter(same -> same.host() == host).isPresent()) {
                return known;
            } else if (hosts.all().stream().noneMatch(open -> open == host)) {
                return Optional.empty();
            }
            fresh = new HostReadings(host, reader, executor, scheduler, followers);
            replaced = Optional.ofNullable(readings.put(host.name(), fresh));
        }
        replaced.ifPresent(HostReadings::close);
        return Optional.of(fresh);
    }

    @Override
    @Deactivate
    public void close() {
        watch.close();
        factsTurn.close();
        executor.close();
        synchronized (this) {
            readings.values().forEach(HostReadings::close);
        }
    }
}
