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
 * The events that one client has not got yet. A newer event replaces a waiting one about the same thing, so that a slow
 * client costs little memory and never gets stale news last. A client that falls too far behind is closed: it connects again
 * and begins with how everything is then.
 */
final class EventStream {
    /** So many things may have waiting events. */
    static final int MOST_WAITING = 5000;

    /**
     * @param about the thing it is about; one event per thing waits
     * @param type the event's name for the client
     */
    record Event(String about, String type, String json) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Map<String, Event> waiting = new LinkedHashMap<>();
    private boolean closed;

    void offer(Event event) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            waiting.remove(event.about());
            waiting.put(event.about(), event);
            if (waiting.size() > MOST_WAITING) {
                waiting.clear();
                closed = true;
            }
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next event; empty if none came in time or the stream was closed. */
    Optional<Event> next(Duration patience) throws InterruptedException {
        lock.lock();
        try {
            long left = patience.toNanos();
            while (waiting.isEmpty() && !closed && left > 0) {
                left = news.awaitNanos(left);
            }
            Iterator<Event> events = waiting.values().iterator();
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
            news.signalAll();
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
