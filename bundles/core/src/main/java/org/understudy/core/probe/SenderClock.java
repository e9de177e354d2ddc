// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The sender's clock as its packets carry it: measures the interval of packets and detects a restart of the sender. Not
 * thread-safe.
 */
final class SenderClock {
    /** A packet is not later than this; a clock further back is that of a guest that was reset. */
    private static final long MAX_LAG = Duration.ofSeconds(2).toNanos();

    private static final int SAMPLES = 1023;

    private final long[] intervals = new long[SAMPLES];
    private long count;
    private long newest = Long.MIN_VALUE;
    private long newestSequence;
    private Duration step = Duration.ZERO;

    /** @return true if the sender's clock or numbers decreased by more than those of a late packet */
    boolean tick(long sequence, long nanos) {
        step = Duration.ZERO;
        boolean restarted = newest != Long.MIN_VALUE
                && (nanos < newest - MAX_LAG || sequence < newestSequence - SequenceRun.MAX_LAG);
        if (restarted || newest == Long.MIN_VALUE) {
            record(sequence, nanos);
        } else if (sequence > newestSequence) {
            step = step(sequence, nanos);
            intervals[(int) (count++ % SAMPLES)] = (nanos - newest) / (sequence - newestSequence);
            record(sequence, nanos);
        }
        return restarted;
    }

    private Duration step(long sequence, long nanos) {
        return nanos - newest < MAX_LAG
                ? Duration.ZERO
                : Collections.min(
                        List.of(Duration.ofNanos(nanos - newest), interval().multipliedBy(sequence - newestSequence)));
    }

    /**
     * How long the sender sent from the newest packet before the last one up to that one, by its clock and by its numbers; zero if
     * it is less than a packet may be late.
     */
    Duration step() {
        return step;
    }

    private void record(long sequence, long nanos) {
        newestSequence = sequence;
        newest = nanos;
    }

    /** The median of the last intervals; zero before the second packet. */
    Duration interval() {
        long[] sorted = Arrays.copyOf(intervals, (int) Math.min(count, SAMPLES));
        Arrays.sort(sorted);
        return sorted.length == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, sorted[sorted.length / 2]));
    }
}
