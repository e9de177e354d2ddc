// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.understudy.api.Subscription;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;

/** Buffers the last events of a host for peers that poll. */
final class RecordedEvents implements AutoCloseable {
    private static final int KEPT = 1000;

    private final String epoch = UUID.randomUUID().toString();
    private final Deque<HostEvent> events = new ArrayDeque<>();
    private final Subscription subscription;
    private long end;

    RecordedEvents(Host host) {
        subscription = host.subscribe(this::add);
    }

    /**
     * A response to a poll.
     *
     * @param epoch changes with each restart of this server, so that an older position is detected
     * @param next the position of the next poll
     */
    record Page(String epoch, long next, List<HostEvent> events) {}

    /**
     * Blocks until there are events after the position or the limit has passed. For a position of another epoch it returns
     * the current position at once, without events.
     */
    synchronized Page after(String knownEpoch, long position, Duration limit) throws InterruptedException {
        if (!epoch.equals(knownEpoch)) {
            return new Page(epoch, end, List.of());
        }
        long deadline = System.nanoTime() + limit.toNanos();
        for (long left = limit.toMillis();
                end <= position && left > 0;
                left = (deadline - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
        long skip = Math.max(0, position - (end - events.size()));
        return new Page(epoch, end, events.stream().skip(skip).toList());
    }

    private synchronized void add(HostEvent event) {
        events.addLast(event);
        if (events.size() > KEPT) {
            events.removeFirst();
        }
        end++;
        notifyAll();
    }

    @Override
    public void close() {
        subscription.close();
    }
}
