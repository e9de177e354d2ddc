// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.JsonView;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.VirtualMachines;
import org.understudy.web.EventStream.Event;

/**
 * Publishes changes to every open stream. Migrations and pairs notify of changes; hosts, VMs and the findings of the
 * configuration are polled once a second while a stream is open.
 */
@Component(service = EventHub.class)
public final class EventHub {
    private static final Logger LOG = LoggerFactory.getLogger(EventHub.class);
    private static final long POLL_MILLIS = 1000;

    private final JsonView view;
    private final Policies policies;
    private final VirtualMachines vms;
    private final Migrations migrations;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private final Map<String, String> last = new ConcurrentHashMap<>();
    private final ScheduledExecutorService poller =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "understudy-events"));
    private final AtomicBoolean pollQueued = new AtomicBoolean();
    private final Subscription migrationChanges;
    private final Subscription pairChanges;

    @Activate
    public EventHub(
            @Reference JsonView view,
            @Reference Policies policies,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Migrations migrations) {
        this(view, policies, vms, pairs, migrations, POLL_MILLIS);
    }

    EventHub(
            JsonView view,
            Policies policies,
            VirtualMachines vms,
            Pairs pairs,
            Migrations migrations,
            long pollMillis) {
        this.view = view;
        this.policies = policies;
        this.vms = vms;
        this.migrations = migrations;
        migrationChanges = migrations.listen(migration -> broadcast(event(migration)));
        pairChanges = pairs.listen(change -> {
            String key = "pair/" + change.vm() + "/" + change.pair().standby();
            broadcast(new Event(key, "pair", view.write(change)));
            requestPoll();
        });
        poller.scheduleWithFixedDelay(this::poll, pollMillis, pollMillis, TimeUnit.MILLISECONDS);
    }

    @Deactivate
    void deactivate() {
        migrationChanges.close();
        pairChanges.close();
        poller.shutdownNow();
        streams.forEach(EventStream::close);
    }

    /** Opens a stream, which begins with the current state. */
    EventStream open() {
        EventStream stream = new EventStream();
        streams.add(stream);
        stream.offer(new Event("configuration", "configuration", view.write(policies.findings())));
        stream.offer(new Event("hosts", "hosts", view.write(vms.hosts())));
        stream.offer(new Event("vms", "vms", view.write(vms.list())));
        stream.offer(new Event("migrations", "migrations", view.write(migrations.list())));
        return stream;
    }

    void close(EventStream stream) {
        stream.close();
        streams.remove(stream);
    }

    int size() {
        return streams.size();
    }

    private Event event(Migration migration) {
        return new Event("migration/" + migration.id(), "migration", view.write(migration));
    }

    /** Coalesced: any number of changes during a poll causes one more poll. */
    private void requestPoll() {
        if (!pollQueued.getAndSet(true)) {
            try {
                poller.execute(this::poll);
            } catch (RejectedExecutionException e) {
                LOG.debug("Event hub is closed, no poll", e);
            }
        }
    }

    private void poll() {
        pollQueued.set(false);
        if (!streams.isEmpty()) {
            publishIfChanged("configuration", policies::findings);
            publishIfChanged("hosts", vms::hosts);
            publishIfChanged("vms", vms::list);
        }
    }

    /** Does not throw, because an exception would end the polling. */
    private void publishIfChanged(String type, Supplier<?> source) {
        try {
            String now = view.write(source.get());
            if (!now.equals(last.put(type, now))) {
                broadcast(new Event(type, type, now));
            }
        } catch (RuntimeException | Error e) {
            LOG.debug("Event hub: {} could not be read, retrying", type, e);
        }
    }

    private void broadcast(Event event) {
        streams.forEach(stream -> stream.offer(event));
    }
}
