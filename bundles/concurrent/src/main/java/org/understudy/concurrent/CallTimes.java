// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;

/**
 * How long the calls of one kind have taken, such as those of a connector to its hosts. Counts for the whole process, like
 * {@link SystemScheduler#usage}; to count costs no lock. Safe for use from any thread.
 */
public final class CallTimes {
    /** The upper bounds of the classes that durations are counted in; the last class has none. */
    public static final List<Duration> BOUNDS = LongStream.of(1, 5, 25, 100, 500, 2000, 10_000, 60_000)
            .mapToObj(Duration::ofMillis)
            .toList();

    private static final Map<String, CallTimes> ALL = new ConcurrentSkipListMap<>();

    private final AtomicLongArray counts = new AtomicLongArray(BOUNDS.size() + 1);
    private final LongAdder nanos = new LongAdder();
    private final LongAdder failures = new LongAdder();

    /**
     * The calls so far.
     *
     * @param counts number of calls by the class of their duration, one more than {@link #BOUNDS}
     * @param total the sum of all durations
     * @param failures number of calls that failed
     */
    public record Totals(List<Long> counts, Duration total, long failures) {}

    private CallTimes() {}

    /** The calls of one kind. */
    public static CallTimes of(String kind) {
        return ALL.computeIfAbsent(kind, k -> new CallTimes());
    }

    /** The calls so far, by kind. */
    public static Map<String, Totals> all() {
        Map<String, Totals> all = new ConcurrentSkipListMap<>();
        ALL.forEach((kind, times) -> all.put(kind, times.totals()));
        return all;
    }

    /**
     * Counts a call that has ended.
     *
     * @param took nanoseconds from its begin to its end
     * @param failed whether it threw
     */
    public void count(long took, boolean failed) {
        int index = 0;
        while (index < BOUNDS.size() && took > BOUNDS.get(index).toNanos()) {
            index++;
        }
        counts.incrementAndGet(index);
        nanos.add(took);
        if (failed) {
            failures.increment();
        }
    }

    private Totals totals() {
        List<Long> now = LongStream.range(0, counts.length())
                .map(i -> counts.get((int) i))
                .boxed()
                .toList();
        return new Totals(now, Duration.ofNanos(nanos.sum()), failures.sum());
    }
}
