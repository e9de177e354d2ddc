// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The events that are not yet sent to one client. A newer event replaces a queued one with the same key, so that a slow
 * client costs little memory and the last event it receives is current. The stream of a client that falls too far behind is
 * closed: the client reconnects and begins with the current state.
 */
final class EventStream {
    /** Limit of queued events. */
    static final int MAX_QUEUED = 5000;

    /**
     * @param key what has changed; one event per key is queued
     * @param type name of the event for the client
     */
    record Event(String key, String type, String json) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Event> queued = new LinkedHashMap<>();
    private boolean closed;

    void offer(Event event) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            queued.remove(event.key());
            queued.put(event.key(), event);
            if (queued.size() > MAX_QUEUED) {
                queued.clear();
                closed = true;
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next event; empty after the timeout or if the stream is closed. */
    Optional<Event> next(Duration timeout) throws InterruptedException {
        lock.lock();
        try {
            long left = timeout.toNanos();
            while (queued.isEmpty() && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            Iterator<Event> events = queued.values().iterator();
            if (closed || !events.hasNext()) {
                return Optional.empty();
            }
            Event event = events.next();
            events.remove();
            return Optional.of(event);
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
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
