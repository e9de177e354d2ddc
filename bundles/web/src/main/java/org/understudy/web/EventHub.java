// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.JsonView;
import org.understudy.api.Migrations;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/**
 * Publishes each change to every open stream that wants it. A change costs the same for any number of objects: it is written
 * once, and only if a client reads it. The configuration and its findings are polled once a second while a stream is open.
 */
@Component(service = EventHub.class)
public final class EventHub {
    private static final Logger LOG = LoggerFactory.getLogger(EventHub.class);

    /** Header of a list: the ID of the last event whose change it contains. */
    static final String ID_HEADER = "Event-Id";

    private static final Duration POLL = Duration.ofSeconds(1);

    /** Proxies and browsers close a connection that is quiet for longer. */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

    private final JsonView view;
    private final Policies policies;
    private final Inventory inventory;
    private final Migrations migrations;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    /** Held while an event gets its ID and is queued, so that all streams have the same order. Nothing blocks under it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final EventLog log;
    private final List<Subscription> subscriptions;
    private List<Finding> configuration = List.of();
    private Policy inForce;
    private long configurationRevision;
    private long pairRevision;

    @Activate
    public EventHub(
            @Reference JsonView view,
            @Reference Policies policies,
            @Reference Inventory inventory,
            @Reference Pairs pairs,
            @Reference Migrations migrations) {
        this(view, policies, inventory, pairs, migrations, SystemScheduler.process());
    }

    EventHub(
            JsonView view,
            Policies policies,
            Inventory inventory,
            Pairs pairs,
            Migrations migrations,
            Scheduler scheduler) {
        this.view = view;
        this.policies = policies;
        this.inventory = inventory;
        this.migrations = migrations;
        this.inForce = policies.current();
        log = new EventLog(view, UUID.randomUUID().toString().substring(0, 8));
        subscriptions = List.of(
                inventory.listen(change -> publish(() -> Event.of(change))),
                migrations.listen(migration -> publish(() -> Event.of(migration))),
                pairs.listen(change -> publish(() -> Event.of(change, ++pairRevision))),
                scheduler.every(POLL, this::poll),
                scheduler.every(KEEP_ALIVE, this::keepAlive));
    }

    @Deactivate
    void deactivate() {
        subscriptions.forEach(Subscription::close);
        streams.forEach(EventStream::close);
    }

    private void publish(Supplier<Event> event) {
        lock.lock();
        try {
            EventLog.Entry entry = log.add(event.get());
            streams.forEach(stream -> stream.offer(entry));
        } finally {
            lock.unlock();
        }
    }

    private void poll() {
        try {
            if (!streams.isEmpty()) {
                publishConfiguration();
            }
        } catch (RuntimeException | Error e) {
            LOG.debug("Findings of the configuration could not be read, retrying", e);
        }
    }

    private void publishConfiguration() {
        Policy now = policies.current();
        List<Finding> findings = policies.findings();
        lock.lock();
        try {
            if (!findings.equals(configuration) || inForce != now) {
                configuration = findings;
                inForce = now;
                configurationRevision++;
                publish(() -> Event.ofConfiguration(findings, configurationRevision));
            }
        } finally {
            lock.unlock();
        }
    }

    private void keepAlive() {
        lock.lock();
        try {
            streams.forEach(stream -> stream.keepAlive(log.id()));
        } finally {
            lock.unlock();
        }
    }

    /** The ID of the last event: what is read after it contains that change. */
    String lastId() {
        lock.lock();
        try {
            return log.id();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The VM that has this address now.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#VM_AMBIGUOUS}
     */
    Vm find(VmAddress address) {
        Map<UUID, Vm> found = inventory.snapshot().find(address).stream()
                .collect(Collectors.toMap(vm -> vm.value().uuid(), vm -> vm.value(), (one, two) -> one));
        if (found.size() > 1) {
            String all = found.values().stream()
                    .map(vm -> vm.host() + "/" + vm.uuid())
                    .sorted()
                    .collect(Collectors.joining(", "));
            throw new UnderstudyException(ErrorCode.VM_AMBIGUOUS, "Several VMs have the name " + address + ": " + all);
        }
        return found.values().stream()
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(ErrorCode.VM_NOT_FOUND, "No host has VM " + address));
    }

    /**
     * Opens a stream. It begins with the changes since an event, or with the current state.
     *
     * @param user who reads it
     * @param since the ID of an event; the state follows if not all changes since are known
     */
    EventStream open(String user, EventFilter filter, Optional<String> since) {
        publishConfiguration();
        EventStream stream = new EventStream(user, filter);
        Optional<List<EventLog.Entry>> missed;
        Event findings;
        String id;
        lock.lock();
        try {
            missed = since.flatMap(log::since);
            findings = Event.ofConfiguration(configuration, configurationRevision);
            id = log.id();
            streams.add(stream);
        } finally {
            lock.unlock();
        }
        try {
            if (missed.isPresent()) {
                stream.begin(EventFrames.resumed(missed.get(), filter, id), Long.MIN_VALUE, Map.of());
            } else {
                begin(stream, findings, id);
            }
            return stream;
        } catch (RuntimeException | Error e) {
            close(stream);
            throw e;
        }
    }

    /** Begins a stream with the current state. */
    private void begin(EventStream stream, Event findings, String id) {
        EventFilter filter = stream.filter();
        InventorySnapshot snapshot = inventory.snapshot();
        List<Event> others = Stream.concat(
                        Stream.of(findings), migrations.list().stream().map(Event::of))
                .filter(filter::test)
                .toList();
        Map<String, Long> revisions = others.stream().collect(Collectors.toMap(Event::object, Event::revision));
        Stream<Event> all = Stream.concat(EventFrames.inventory(snapshot, filter), others.stream());
        stream.begin(EventFrames.complete(all, id, view), snapshot.revision(), revisions);
    }

    void close(EventStream stream) {
        streams.remove(stream);
        stream.close();
    }

    int size() {
        return streams.size();
    }

    long size(String user) {
        return streams.stream().filter(stream -> stream.user().equals(user)).count();
    }
}
