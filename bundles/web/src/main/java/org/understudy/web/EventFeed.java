// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.concurrent.Delivery;
import org.understudy.web.EventStream.Event;

/**
 * The events of one kind: a list of the current state, and changes of its elements. Reads and changes are published one after
 * the other, so that no stream receives an older list after a newer one. Never blocks its callers.
 */
final class EventFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

    private final String type;
    private final Supplier<String> list;
    private final Set<EventStream> streams;
    private final Delivery<Object, Runnable> tasks;
    /** Only tasks use it. */
    private String published = "";

    /**
     * @param type of the event with the list
     * @param list reads the list as JSON; may block
     * @param streams open streams
     */
    EventFeed(String type, Supplier<String> list, Set<EventStream> streams, Executor threads) {
        this.type = type;
        this.list = list;
        this.streams = streams;
        this.tasks = new Delivery<>("event feed " + type, threads, (older, newer) -> newer, Runnable::run);
    }

    /** Sends the list to a new stream. If it cannot be read, the stream is closed, so that its client connects again. */
    void begin(EventStream stream) {
        tasks.put(stream, () -> {
            try {
                Event event = read();
                if (!publish(event)) {
                    stream.offer(event);
                }
            } catch (RuntimeException | Error e) {
                LOG.warn("Event feed {} could not be read, closing a new stream", type, e);
                stream.close();
            }
        });
    }

    /** Sends the list to all streams if it has changed. Coalesced. */
    void poll() {
        tasks.put(this, () -> {
            try {
                publish(read());
            } catch (RuntimeException | Error e) {
                LOG.debug("Event feed {} could not be read, retrying", type, e);
            }
        });
    }

    private Event read() {
        return new Event(type, type, list.get());
    }

    /** False if the list has not changed. */
    private boolean publish(Event now) {
        boolean changed = !now.json().equals(published);
        if (changed) {
            published = now.json();
            broadcast(now);
        }
        return changed;
    }

    /**
     * Sends a change to all streams.
     *
     * @param key of the element; a newer change replaces one that is still queued
     */
    void send(String key, Supplier<Event> change) {
        tasks.put(key, () -> broadcast(change.get()));
    }

    private void broadcast(Event event) {
        streams.forEach(stream -> stream.offer(event));
    }

    @Override
    public void close() {
        tasks.close();
    }
}
