// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.understudy.api.NetworkGap.PathCount;

/** The packets of one path. Keeps arrival times at a grain of 5 ms, for the last 200000 only. Not thread-safe. */
final class PathTimes {
    private static final long GRAIN = Duration.ofMillis(5).toNanos();
    private static final int KEPT = 200_000;

    private final String path;
    private final Deque<Long> times = new ArrayDeque<>();
    private long received;
    private long longestGap;

    PathTimes(String path) {
        this.path = path;
    }

    void arrived(long nanos) {
        received++;
        if (times.isEmpty() || nanos - times.getLast() >= GRAIN) {
            times.addLast(nanos);
            if (times.size() > KEPT) {
                times.removeFirst();
            }
        }
    }

    /** @param nanos the gap that a packet on this path ended */
    void ended(long nanos) {
        longestGap = Math.max(longestGap, nanos);
    }

    Optional<Long> firstAfter(long moment) {
        return times.stream().filter(t -> t - moment > 0).findFirst();
    }

    PathCount count() {
        return new PathCount(path, received, Duration.ofNanos(longestGap));
    }
}
