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
import org.understudy.api.Subscription;
import org.understudy.api.VirtualMachines;
import org.understudy.web.EventStream.Event;

/**
 * Tells every open stream what changes. Migrations and pairs tell their changes themselves; hosts and VMs are looked at
 * once a second while somebody listens.
 */
@Component(service = EventHub.class)
public final class EventHub {
    private static final Logger LOG = LoggerFactory.getLogger(EventHub.class);
    private static final long POLL_MILLIS = 1000;

    private final JsonView view;
    private final VirtualMachines vms;
    private final Migrations migrations;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private final Map<String, String> last = new ConcurrentHashMap<>();
    private final ScheduledExecutorService looking =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "understudy-events"));
    private final AtomicBoolean lookQueued = new AtomicBoolean();
    private final Subscription migrationChanges;
    private final Subscription pairChanges;

    @Activate
    public EventHub(
            @Reference JsonView view,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Migrations migrations) {
        this(view, vms, pairs, migrations, POLL_MILLIS);
    }

    EventHub(JsonView view, VirtualMachines vms, Pairs pairs, Migrations migrations, long pollMillis) {
        this.view = view;
        this.vms = vms;
        this.migrations = migrations;
        migrationChanges = migrations.listen(migration -> broadcast(event(migration)));
        pairChanges = pairs.listen(change -> {
            String about = "pair/" + change.vm() + "/" + change.pair().standby();
            broadcast(new Event(about, "pair", view.write(change)));
            lookSoon();
        });
        looking.scheduleWithFixedDelay(this::look, pollMillis, pollMillis, TimeUnit.MILLISECONDS);
    }

    @Deactivate
    void deactivate() {
        migrationChanges.close();
        pairChanges.close();
        looking.shutdownNow();
        streams.forEach(EventStream::close);
    }

    /** A new stream, which begins with how everything is now. */
    EventStream open() {
        EventStream stream = new EventStream();
        streams.add(stream);
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

    /** However many pairs change while a look is under way, one more follows. */
    private void lookSoon() {
        if (!lookQueued.getAndSet(true)) {
            try {
                looking.execute(this::look);
            } catch (RejectedExecutionException e) {
                LOG.debug("Closed already", e);
            }
        }
    }

    private void look() {
        lookQueued.set(false);
        if (!streams.isEmpty()) {
            lookAt("hosts", vms::hosts);
            lookAt("vms", vms::list);
        }
    }

    /** A failure here must not end the looking: the next second may be better. */
    private void lookAt(String what, Supplier<?> source) {
        try {
            String now = view.write(source.get());
            if (!now.equals(last.put(what, now))) {
                broadcast(new Event(what, what, now));
            }
        } catch (RuntimeException | Error e) {
            LOG.debug("Could not look at {}", what, e);
        }
    }

    private void broadcast(Event event) {
        streams.forEach(stream -> stream.offer(event));
    }
}
