// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;

/**
 * Buffers the last events of a host for peers that poll. A peer that polls too late gets one {@link HostEvent.EventsMissed} for
 * each VM whose events were dropped, so that it reads these VMs again. If too many VMs have dropped events, a new epoch begins.
 */
final class RecordedEvents implements AutoCloseable {
    static final int KEPT = 1000;
    /** VMs whose dropped events are distinguished. With more, each peer reads all VMs again. */
    static final int MOST_VMS = 10_000;

    private String epoch = UUID.randomUUID().toString();
    private final Deque<HostEvent> events = new ArrayDeque<>();
    /** The last dropped event of each VM, which is a small part of what the events themselves would need. */
    private final Map<VmName, Dropped> dropped = new LinkedHashMap<>();

    private final Subscription subscription;
    private long end;

    private record Dropped(long position, Instant at) {}

    RecordedEvents(Host host) {
        subscription = host.subscribe(this::add);
    }

    /**
     * A response to a poll.
     *
     * @param epoch changes with each restart of this server, so that a position that cannot be continued is detected
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
        return new Page(
                epoch,
                end,
                Stream.concat(missedSince(position), events.stream().skip(skip)).toList());
    }

    private Stream<HostEvent> missedSince(long position) {
        return dropped.entrySet().stream()
                .filter(one -> one.getValue().position() >= position)
                .map(one ->
                        new HostEvent.EventsMissed(one.getKey(), one.getValue().at()));
    }

    private synchronized void add(HostEvent event) {
        events.addLast(event);
        if (events.size() > KEPT) {
            HostEvent oldest = events.removeFirst();
            dropped.put(oldest.vm(), new Dropped(end - KEPT, oldest.at()));
            if (dropped.size() > MOST_VMS) {
                dropped.clear();
                epoch = UUID.randomUUID().toString();
            }
        }
        end++;
        notifyAll();
    }

    @Override
    public void close() {
        subscription.close();
    }
}
