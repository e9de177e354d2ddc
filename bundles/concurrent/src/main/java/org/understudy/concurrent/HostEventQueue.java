// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.spi.HostEvent;

/**
 * Delivers the events of one host in order, one at a time, on threads of a pool that hosts share.
 *
 * <p>The number of waiting events is bounded, as a guest can cause any number of them. An event that does not fit is dropped,
 * and its VM gets one {@link HostEvent.EventsMissed} behind the waiting events instead. Safe for use from any thread.
 */
public final class HostEventQueue implements AutoCloseable {
    /** Events of one host that may wait, in addition to one {@link HostEvent.EventsMissed} for each VM. */
    public static final int LIMIT = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(HostEventQueue.class);

    private final HostName host;
    private final List<Consumer<? super HostEvent>> consumers = new CopyOnWriteArrayList<>();
    /** The key of an event is its number, the key of missed events is their VM. */
    private final Delivery<Object, HostEvent> delivery;

    private long events;
    private boolean overflowing;

    /** @param pool not closed with this queue */
    public HostEventQueue(HostName host, Executor pool) {
        this.host = host;
        this.delivery = new Delivery<>("events of host " + host, pool, (older, newer) -> newer, this::deliver);
    }

    /** Adds a consumer, which must not block. Its exceptions are logged, and other consumers get the event. */
    public Subscription subscribe(Consumer<? super HostEvent> consumer) {
        consumers.add(consumer);
        return () -> consumers.remove(consumer);
    }

    /** Queues an event and returns at once. */
    public synchronized void publish(HostEvent event) {
        int waiting = delivery.waiting();
        if (waiting < LIMIT) {
            // Not at every event that fits again, so that one overflow is one line in the log.
            overflowing &= waiting > LIMIT / 2;
            delivery.put(events++, event);
            return;
        }
        if (!overflowing) {
            overflowing = true;
            LOG.warn("Host {}: {} events wait for delivery, dropping events; their VMs are read again", host, waiting);
        }
        delivery.putLast(event.vm(), new HostEvent.EventsMissed(event.vm(), event.at()));
    }

    /** The number of events that wait for delivery. */
    public int waiting() {
        return delivery.waiting();
    }

    private void deliver(HostEvent event) {
        if (event instanceof HostEvent.EventsMissed) {
            Occurrences.EVENTS_MISSED.count(host.value());
        }
        for (Consumer<? super HostEvent> consumer : consumers) {
            try {
                consumer.accept(event);
            } catch (Throwable e) {
                LOG.warn("Host {}: unhandled exception of a listener on {}", host, event, e);
            }
        }
    }

    /** Drops waiting events and ignores further ones. */
    @Override
    public void close() {
        delivery.close();
    }
}
