// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.util.Arrays;

/** The sequence numbers of one run of the sender, from its start or the first packet to its restart. Not thread-safe. */
final class SequenceRun {
    /** A number that is further behind the newest than this is not of the same run. */
    static final int MAX_LAG = 1000;

    /** A number that is further ahead of the newest than this is not of the same run. */
    static final long MAX_LEAD = 1L << 24;

    private static final int KEPT = 4096;

    /** How a number relates to those before. */
    enum Arrival {
        NEXT,
        LATE,
        DUPLICATE
    }

    private final long[] recent = new long[KEPT];
    private long first;
    private long newest;

    SequenceRun(long sequence) {
        Arrays.fill(recent, -1);
        first = sequence;
        newest = sequence - 1;
    }

    boolean covers(long sequence) {
        return sequence >= 0 && sequence >= newest - MAX_LAG && sequence <= newest + MAX_LEAD;
    }

    Arrival take(long sequence) {
        int slot = (int) (sequence % KEPT);
        if (recent[slot] == sequence) {
            return Arrival.DUPLICATE;
        }
        recent[slot] = sequence;
        if (sequence > newest) {
            newest = sequence;
            return Arrival.NEXT;
        }
        first = Math.min(first, sequence);
        return Arrival.LATE;
    }

    /** Records a number that was sent, whether or not it arrives. */
    void sent(long sequence) {
        newest = Math.max(newest, sequence);
    }

    long newest() {
        return newest;
    }

    long count() {
        return newest - first + 1;
    }
}
