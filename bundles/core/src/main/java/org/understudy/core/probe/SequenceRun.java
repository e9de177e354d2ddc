// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.util.Arrays;

/** The numbers of one run of the sender, from its start or the first packet seen to its restart. Not thread-safe. */
final class SequenceRun {
    /** A number this far behind the newest, or this far ahead, is not of the same run. */
    static final int LATEST = 1000;

    static final long FARTHEST = 1L << 24;

    private static final int REMEMBERED = 4096;

    /** What a number means. */
    enum Arrival {
        NEXT,
        LATE,
        DUPLICATE
    }

    private final long[] recent = new long[REMEMBERED];
    private long first;
    private long newest;

    SequenceRun(long sequence) {
        Arrays.fill(recent, -1);
        first = sequence;
        newest = sequence - 1;
    }

    boolean covers(long sequence) {
        return sequence >= 0 && sequence >= newest - LATEST && sequence <= newest + FARTHEST;
    }

    Arrival take(long sequence) {
        int slot = (int) (sequence % REMEMBERED);
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

    /** A number that is known to have been sent, whether it arrives or not. */
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
