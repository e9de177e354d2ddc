// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.understudy.api.NetworkGap.Measured;

/**
 * Counts packets and measures the gaps between them. Times are of the receiver's monotonic clock, in nanoseconds. The time
 * before the first packet does not count. Safe for use from any thread.
 */
final class GapMeter {
    private final String method;
    private final Map<String, PathTimes> paths = new TreeMap<>();
    private Optional<SequenceRun> run = Optional.empty();
    private long sentBefore;
    private long received;
    private long duplicated;
    private long reordered;
    private long longestGap;
    private long lastArrival;

    GapMeter(String method) {
        this.method = method;
    }

    /** Counts a packet that arrived. */
    synchronized void arrived(long sequence, String path, long nanos, Instant at) {
        if (run.isEmpty() || !run.get().covers(sequence)) {
            startRun(sequence);
        }
        SequenceRun.Arrival arrival = run.orElseThrow().take(sequence);
        if (arrival == SequenceRun.Arrival.DUPLICATE) {
            duplicated++;
            return;
        }
        long gap = received == 0 ? 0 : nanos - lastArrival;
        PathTimes times = paths.computeIfAbsent(path, PathTimes::new);
        times.arrived(at);
        if (arrival == SequenceRun.Arrival.LATE) {
            reordered++;
        } else {
            times.ended(gap);
        }
        received++;
        lastArrival = nanos;
        longestGap = Math.max(longestGap, gap);
    }

    /** Begins a new run after a restart of the sender, whose sequence starts again. */
    synchronized void startRun(long sequence) {
        sentBefore += run.map(SequenceRun::count).orElse(0L);
        run = Optional.of(new SequenceRun(sequence));
    }

    /** Counts a packet of the present run as sent, whether or not it arrives. */
    synchronized void sent(long sequence) {
        run.ifPresent(r -> r.sent(sequence));
    }

    /**
     * @param nanos now: the gap since the last packet counts
     * @return empty if no packet has arrived
     */
    synchronized Optional<Measured> report(Duration interval, long nanos) {
        if (received == 0) {
            return Optional.empty();
        }
        long sent = sentBefore + run.map(SequenceRun::count).orElse(0L);
        long longest = Math.max(longestGap, nanos - lastArrival);
        return Optional.of(new Measured(
                method,
                interval,
                sent,
                received,
                sent - received,
                duplicated,
                reordered,
                Duration.ofNanos(longest),
                paths.values().stream().map(PathTimes::count).toList()));
    }

    synchronized Optional<Instant> firstOn(String path, Instant after) {
        return Optional.ofNullable(paths.get(path)).flatMap(p -> p.firstAfter(after));
    }
}
