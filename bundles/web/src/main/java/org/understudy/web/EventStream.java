// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is not yet sent to one client. A newer event replaces a queued one of the same object, so that a slow client costs little
 * memory and the last event it receives is current. The stream of a client that falls too far behind is closed: the client
 * connects again and begins with the current state.
 */
final class EventStream {
    /** Limit of queued events. */
    static final int MAX_QUEUED = 5000;

    private final String user;
    private final EventFilter filter;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, EventLog.Entry> queued = new LinkedHashMap<>();
    /** The revisions of the objects with which the stream began, except those of the inventory. */
    private final Map<String, Long> known = new HashMap<>();

    private long inventoryRevision = Long.MIN_VALUE;
    private Iterator<byte[]> first = Collections.emptyIterator();
    private volatile Runnable wake = () -> {};
    private boolean closed;

    EventStream(String user, EventFilter filter) {
        this.user = user;
        this.filter = filter;
    }

    String user() {
        return user;
    }

    EventFilter filter() {
        return filter;
    }

    /**
     * Sets what is sent before all changes. Those that are queued already and are part of it are dropped.
     *
     * @param revision of the inventory in it
     * @param revisions of the other objects in it
     */
    void begin(Iterator<byte[]> frames, long revision, Map<String, Long> revisions) {
        lock.lock();
        try {
            first = frames;
            inventoryRevision = revision;
            known.putAll(revisions);
            queued.values().removeIf(entry -> !isNews(entry.event()));
        } finally {
            lock.unlock();
        }
    }

    /** @param reader is called when there is something to send, or the stream was closed; must not block */
    void onChange(Runnable reader) {
        wake = reader;
    }

    void offer(EventLog.Entry entry) {
        Event event = entry.event();
        lock.lock();
        try {
            if (closed || !filter.test(event) || !isNews(event)) {
                return;
            }
            queued.remove(event.object());
            queued.put(event.object(), entry);
            if (queued.size() > MAX_QUEUED) {
                queued.clear();
                closed = true;
            }
        } finally {
            lock.unlock();
        }
        wake.run();
    }

    private boolean isNews(Event event) {
        long read = event.isInInventory() ? inventoryRevision : known.getOrDefault(event.object(), Long.MIN_VALUE);
        return event.revision() > read;
    }

    /** Sends a sign of life, and the ID up to which a quiet client has all events. */
    void keepAlive(String id) {
        lock.lock();
        try {
            if (closed || !queued.isEmpty() || first.hasNext()) {
                return;
            }
            byte[] frame = EventLog.withId(id, ": keep-alive\n\n".getBytes(StandardCharsets.UTF_8));
            first = Collections.singleton(frame).iterator();
        } finally {
            lock.unlock();
        }
        wake.run();
    }

    /** The next bytes for the client; empty if there are none now. */
    Optional<byte[]> poll() {
        lock.lock();
        try {
            if (closed) {
                return Optional.empty();
            }
            if (first.hasNext()) {
                return Optional.of(first.next());
            }
            Iterator<EventLog.Entry> entries = queued.values().iterator();
            if (!entries.hasNext()) {
                return Optional.empty();
            }
            EventLog.Entry entry = entries.next();
            entries.remove();
            return Optional.of(entry.frame());
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            queued.clear();
        } finally {
            lock.unlock();
        }
        wake.run();
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }
}
