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

/** The last events of one host, kept for peers that poll. */
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
     * What a peer gets.
     *
     * @param epoch changes when this server starts anew, so that a position from before is recognised
     * @param next the position to ask from the next time
     */
    record Page(String epoch, long next, List<HostEvent> events) {}

    /**
     * Blocks until there are events after the position, or the time is up. A position of another epoch is answered at
     * once, without events: from now on.
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
