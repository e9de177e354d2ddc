// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Duration;
import java.util.Arrays;

/**
 * The sender's clock, as its packets tell it: gives the distance of two packets and betrays a sender that started anew.
 * Not thread-safe.
 */
final class SenderClock {
    /** A packet can't be late by more than this; a clock further back is that of a guest that was reset. */
    private static final long LATEST = Duration.ofSeconds(2).toNanos();

    private static final int SAMPLES = 1023;

    private final long[] distances = new long[SAMPLES];
    private long count;
    private long newest = Long.MIN_VALUE;
    private long newestSequence;

    /** @return true if the sender's clock or numbers went back by more than a late packet's */
    boolean tick(long sequence, long nanos) {
        boolean restarted =
                newest != Long.MIN_VALUE && (nanos < newest - LATEST || sequence < newestSequence - SequenceRun.LATEST);
        if (restarted || newest == Long.MIN_VALUE) {
            remember(sequence, nanos);
        } else if (sequence > newestSequence) {
            distances[(int) (count++ % SAMPLES)] = (nanos - newest) / (sequence - newestSequence);
            remember(sequence, nanos);
        }
        return restarted;
    }

    private void remember(long sequence, long nanos) {
        newestSequence = sequence;
        newest = nanos;
    }

    /** The median of the last distances; zero before the second packet. */
    Duration interval() {
        long[] sorted = Arrays.copyOf(distances, (int) Math.min(count, SAMPLES));
        Arrays.sort(sorted);
        return sorted.length == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, sorted[sorted.length / 2]));
    }
}
