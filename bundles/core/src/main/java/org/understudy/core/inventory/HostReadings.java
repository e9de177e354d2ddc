// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;

/**
 * The VMs of one open host as last read. A VM that waits to be read is queued once. A host that did not answer is read again
 * after a pause, and one that hangs counts as unanswered after a limit. Safe for use from any thread.
 */
final class HostReadings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostReadings.class);
    private static final Backoff RETRIES = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1));
    /**
     * When a VM that has stopped is read again. libvirt reports the stop of a VM that leaves for another host while it still
     * holds the definition, and removes that without a further event, once the connection to the other host is closed.
     */
    private static final List<Duration> AFTER_STOP =
            List.of(Duration.ofSeconds(2), Duration.ofSeconds(15), Duration.ofMinutes(1));

    /** VMs that are read together: a definition may have 4 MiB. */
    private static final int AT_ONCE = 32;

    private final Host host;
    private final VmReader reader;
    private final HostExecutor executor;
    private final Scheduler scheduler;
    private final List<VmFollower> followers;
    private final FactsReader facts;
    /** Changed only by tasks of the host. */
    private volatile Map<VmName, VmReading> vms = Map.of();

    /** Whether the definitions may have changed, by VM that waits to be read. */
    private final Map<VmName, Boolean> waiting = new HashMap<>();

    private final List<Consumer<Map<VmName, VmReading>>> unserved = new ArrayList<>();
    private Optional<UnansweredHost> trouble = Optional.empty();
    private Subscription outages = () -> {};
    private Subscription retry = () -> {};
    private boolean allWaiting;
    private boolean read;
    private int failures;
    private boolean closed;

    HostReadings(Host host, VmReader reader, HostExecutor executor, Scheduler scheduler, List<VmFollower> followers) {
        this.host = host;
        this.reader = reader;
        this.executor = executor;
        this.scheduler = scheduler;
        this.followers = followers;
        this.facts = new FactsReader(host, executor, scheduler, followers, this::limit, this::enqueueAll);
    }

    Host host() {
        return host;
    }

    /** Called once its events are delivered. */
    void open() {
        Subscription listening = host.listenForOutages(this::onOutage);
        synchronized (this) {
            if (!closed) {
                outages = listening;
                listening = () -> {};
            }
        }
        listening.close();
        enqueueAll();
    }

    /** After an outage every VM is read again: some may be gone. */
    private void onOutage() {
        enqueueAll();
    }

    void onEvent(HostEvent event) {
        if (event instanceof HostEvent.Paused || event instanceof HostEvent.Resumed) {
            enqueue(event.vm(), false);
        } else if (event instanceof HostEvent.DefinitionChanged
                || event instanceof HostEvent.EventsMissed
                || event instanceof HostEvent.Started
                || event instanceof HostEvent.Stopped
                || event instanceof HostEvent.DeviceGone
                || event instanceof HostEvent.DevicePlugged
                || event instanceof HostEvent.MigrationChanged changed
                        && changed.phase().isOver()) {
            enqueue(event.vm(), true);
        }
        if (event instanceof HostEvent.Stopped) {
            AFTER_STOP.forEach(delay -> executor.schedule(
                    host.name(), delay, "reading after the stop of " + event.vm(), () -> enqueue(event.vm(), false)));
        }
    }

    /** @param definitions whether the definitions may have changed */
    void enqueue(VmName vm, boolean definitions) {
        synchronized (this) {
            boolean queued = allWaiting || waiting.containsKey(vm);
            waiting.merge(vm, definitions, Boolean::logicalOr);
            if (queued || closed) {
                return;
            }
        }
        executor.run(host.name(), vm, () -> read(vm));
    }

    void enqueueAll() {
        synchronized (this) {
            if (allWaiting || closed) {
                return;
            }
            allWaiting = true;
            retry.close();
        }
        if (!executor.run(host.name(), "VMs", this::readAll)) {
            synchronized (this) {
                allWaiting = false;
            }
        }
    }

    void replay(VmFollower follower) {
        executor.run(host.name(), "replay", () -> {
            if (isRead()) {
                follower.onHost(host, vms, trouble());
                facts.enqueue();
            }
        });
    }

    void whenRead(Consumer<Map<VmName, VmReading>> consumer) {
        executor.run(host.name(), "replay", () -> {
            synchronized (this) {
                if (!read) {
                    unserved.add(consumer);
                    return;
                }
            }
            consumer.accept(vms);
        });
    }

    private synchronized boolean isRead() {
        return read || trouble.isPresent();
    }

    private synchronized Optional<UnansweredHost> trouble() {
        return trouble;
    }

    /** Skips a VM that was read with all others meanwhile. */
    private void read(VmName vm) {
        boolean definitions;
        synchronized (this) {
            if (closed || !waiting.containsKey(vm)) {
                return;
            }
            definitions = waiting.remove(vm);
        }
        Optional<VmReading> before = Optional.ofNullable(vms.get(vm));
        Optional<VmReading> now;
        AnswerLimit limit = limit();
        try {
            now = reader.read(host, vm, before, definitions);
        } catch (RuntimeException | Error e) {
            limit.end();
            failed(e);
            return;
        }
        limit.end();
        Map<VmName, VmReading> after = new LinkedHashMap<>(vms);
        now.ifPresentOrElse(reading -> after.put(vm, reading), () -> after.remove(vm));
        vms = after;
        if (!now.equals(before)) {
            followers.forEach(follower -> follower.onVm(host, vm, before, now));
        }
        if (trouble().isPresent()) {
            enqueueAll();
        }
    }

    private void readAll() {
        synchronized (this) {
            if (closed) {
                return;
            }
            allWaiting = false;
            waiting.clear();
        }
        Optional<String> outage = host.outage();
        if (outage.isPresent()) {
            lost(new UnansweredHost(host.name(), outage.get(), Optional.empty()));
            return;
        }
        Map<VmName, VmReading> after = new LinkedHashMap<>();
        AnswerLimit limit = limit();
        try {
            List<HostedVm> listed = host.vms();
            listed.forEach(vm -> after.put(
                    vm.name(),
                    Optional.ofNullable(vms.get(vm.name()))
                            .filter(before -> before.vm().uuid().equals(vm.uuid()))
                            .map(before -> before.in(vm))
                            .orElseGet(() -> VmReading.withoutDefinition(vm))));
            for (int from = 0; from < listed.size(); from += AT_ONCE) {
                after.putAll(reader.read(host, listed.subList(from, Math.min(from + AT_ONCE, listed.size()))));
            }
        } catch (RuntimeException | Error e) {
            limit.end();
            if (!after.isEmpty()) {
                vms = after;
            }
            failed(e);
            return;
        }
        limit.end();
        vms = after;
        List<Consumer<Map<VmName, VmReading>>> served;
        synchronized (this) {
            read = true;
            trouble = Optional.empty();
            failures = 0;
            served = List.copyOf(unserved);
            unserved.clear();
        }
        followers.forEach(follower -> follower.onHost(host, after, Optional.empty()));
        served.forEach(consumer -> consumer.accept(after));
        facts.enqueue();
    }

    void enqueueFacts() {
        facts.enqueue();
    }

    /** Begins a call. The limit is for one answer of the host, or for the list of its VMs. */
    private AnswerLimit limit() {
        return new AnswerLimit(host.name(), scheduler, this::lost);
    }

    private void failed(Throwable cause) {
        boolean expected = cause instanceof UnderstudyException known && known.code() == ErrorCode.HOST_UNAVAILABLE;
        if (expected) {
            LOG.debug("Host {}: VMs could not be read, retrying: {}", host.name(), cause.getMessage());
        } else {
            LOG.warn("Host {}: VMs could not be read, retrying", host.name(), cause);
        }
        lost(UnansweredHost.of(host.name(), cause));
        synchronized (this) {
            if (!closed) {
                retry.close();
                retry = scheduler.after(RETRIES.pause(++failures), this::enqueueAll);
            }
        }
    }

    private void lost(UnansweredHost why) {
        synchronized (this) {
            if (closed) {
                return;
            }
            trouble = Optional.of(why);
        }
        followers.forEach(follower -> follower.onHost(host, vms, Optional.of(why)));
    }

    @Override
    public synchronized void close() {
        closed = true;
        outages.close();
        retry.close();
        facts.close();
        unserved.clear();
    }
}
