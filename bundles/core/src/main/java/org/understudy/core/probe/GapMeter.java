// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.understudy.api.NetworkGap;
import org.understudy.api.NetworkGap.Measured;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.Stopwatch;
import org.understudy.core.probe.GapProbe.Traffic;

/**
 * Counts packets and measures the gaps between them, by the monotonic clock of this server. The time before the first packet
 * does not count. While this server does not run it receives nothing: a gap that contains such a time is not measured. Safe
 * for use from any thread.
 */
final class GapMeter {
    /** The sender's time may pass faster than that of this server by no more than a packet is late. */
    private static final long LATE = Duration.ofSeconds(2).toNanos();

    private final String method;
    private final Scheduler scheduler;
    private final Map<String, PathTimes> paths = new TreeMap<>();
    private Optional<SequenceRun> run = Optional.empty();
    private long sentBefore;
    private long received;
    private long duplicated;
    private long reordered;
    private long longestGap;
    /** The longest gap that contains a time in which this server did not run. */
    private Gap longestUnmeasured = new Gap(0, 0);

    private Stopwatch last;

    /** @param stopped how long of it this server did not run */
    private record Gap(long nanos, long stopped) {}

    GapMeter(String method, Scheduler scheduler) {
        this.method = method;
        this.scheduler = scheduler;
        this.last = Stopwatch.start(scheduler);
    }

    /** @param sent how long the sender sent meanwhile: the clock of this server may have stopped with it */
    private Gap gapUpTo(Stopwatch now, Duration sent) {
        long length = now.nanos() - last.nanos();
        return sent.toNanos() - length > LATE
                ? new Gap(sent.toNanos(), sent.toNanos() - length)
                : new Gap(length, now.stoppedNanos() - last.stoppedNanos());
    }

    /** Counts a packet that arrived now. */
    void arrived(long sequence, String path) {
        arrived(sequence, path, Duration.ZERO);
    }

    /**
     * The same.
     *
     * @param sent how long the sender sent since the packet before; zero if that is unknown
     */
    synchronized void arrived(long sequence, String path, Duration sent) {
        Stopwatch now = Stopwatch.start(scheduler);
        if (run.isEmpty() || !run.get().covers(sequence)) {
            startRun(sequence);
        }
        SequenceRun.Arrival arrival = run.orElseThrow().take(sequence);
        if (arrival == SequenceRun.Arrival.DUPLICATE) {
            duplicated++;
            return;
        }
        Gap gap = received == 0 ? new Gap(0, 0) : gapUpTo(now, sent);
        PathTimes times = paths.computeIfAbsent(path, PathTimes::new);
        times.arrived(now.nanos());
        if (arrival == SequenceRun.Arrival.LATE) {
            reordered++;
        } else if (gap.stopped() == 0) {
            times.ended(gap.nanos());
        }
        received++;
        last = now;
        longestGap = longest(gap);
        longestUnmeasured = longestUnmeasured(gap);
    }

    private long longest(Gap gap) {
        return gap.stopped() == 0 ? Math.max(longestGap, gap.nanos()) : longestGap;
    }

    private Gap longestUnmeasured(Gap gap) {
        return gap.stopped() > 0 && gap.nanos() > longestUnmeasured.nanos() ? gap : longestUnmeasured;
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

    /** The gaps up to now, with the one since the last packet; empty if no packet has arrived. */
    synchronized Optional<NetworkGap> report(Duration interval) {
        if (received == 0) {
            return Optional.empty();
        }
        Gap open = gapUpTo(Stopwatch.start(scheduler), Duration.ZERO);
        long longest = longest(open);
        Gap unmeasured = longestUnmeasured(open);
        if (unmeasured.nanos() > longest) {
            return Optional.of(new NetworkGap.NotMeasured(
                    "this server did not run for %d ms and received nothing meanwhile; longest gap besides: %d ms (%s)"
                            .formatted(millis(unmeasured.stopped()), millis(longest), method)));
        }
        long sent = sentBefore + run.map(SequenceRun::count).orElse(0L);
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

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }

    synchronized Optional<Traffic> traffic(Duration interval) {
        return received == 0 ? Optional.empty() : Optional.of(new Traffic(method, received, interval));
    }

    synchronized Optional<Long> firstOn(String path, long after) {
        return Optional.ofNullable(paths.get(path)).flatMap(p -> p.firstAfter(after));
    }
}
