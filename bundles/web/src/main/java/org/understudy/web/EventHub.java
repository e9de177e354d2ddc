// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.JsonView;
import org.understudy.api.Migrations;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.VirtualMachines;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.web.EventStream.Event;

/**
 * Publishes changes to every open stream. Migrations and pairs notify of changes; hosts, VMs and the findings of the
 * configuration are polled once a second while a stream is open. A list that takes long to read, such as that of VMs while a
 * host hangs, delays no other event.
 */
@Component(service = EventHub.class)
public final class EventHub {
    private static final Duration POLL = Duration.ofSeconds(1);

    /** One for each feed; each occupies at most one. */
    private static final int THREADS = 4;

    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads;
    private final EventFeed configurationFeed;
    private final EventFeed hostFeed;
    private final EventFeed vmFeed;
    private final EventFeed migrationFeed;
    private final List<Subscription> subscriptions;

    @Activate
    public EventHub(
            @Reference JsonView view,
            @Reference Policies policies,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Migrations migrations) {
        this(view, policies, vms, pairs, migrations, SystemScheduler.process());
    }

    EventHub(
            JsonView view,
            Policies policies,
            VirtualMachines vms,
            Pairs pairs,
            Migrations migrations,
            Scheduler scheduler) {
        threads = scheduler.pool("understudy-events", THREADS, THREADS);
        configurationFeed = new EventFeed("configuration", () -> view.write(policies.findings()), streams, threads);
        hostFeed = new EventFeed("hosts", () -> view.write(vms.hosts()), streams, threads);
        vmFeed = new EventFeed("vms", () -> view.write(vms.list()), streams, threads);
        migrationFeed = new EventFeed("migrations", () -> view.write(migrations.list()), streams, threads);
        subscriptions = List.of(
                migrations.listen(migration -> {
                    String key = "migration/" + migration.id();
                    migrationFeed.send(key, () -> new Event(key, "migration", view.write(migration)));
                }),
                pairs.listen(change -> {
                    String key = "pair/" + change.host() + "/" + change.vm() + "/"
                            + change.pair().standby();
                    Event event = new Event(key, "pair", view.write(change));
                    streams.forEach(stream -> stream.offer(event));
                    poll();
                }),
                scheduler.every(POLL, this::poll));
    }

    @Deactivate
    void deactivate() {
        subscriptions.forEach(Subscription::close);
        List.of(configurationFeed, hostFeed, vmFeed, migrationFeed).forEach(EventFeed::close);
        threads.shutdownNow();
        streams.forEach(EventStream::close);
    }

    /** Opens a stream, which begins with the current state. Does not wait for that. */
    EventStream open() {
        EventStream stream = new EventStream();
        streams.add(stream);
        List.of(configurationFeed, hostFeed, vmFeed, migrationFeed).forEach(feed -> feed.begin(stream));
        return stream;
    }

    void close(EventStream stream) {
        stream.close();
        streams.remove(stream);
    }

    int size() {
        return streams.size();
    }

    private void poll() {
        if (!streams.isEmpty()) {
            configurationFeed.poll();
            hostFeed.poll();
            vmFeed.poll();
        }
    }
}
