// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.Collections;
import java.util.List;

/**
 * When something happened, on the monotonic clock of this server.
 *
 * @param nanos by the timestamp of QEMU; the time of the arrival if there is none
 * @param error by how much that may be wrong: the clock of the host was set, or events were delayed
 */
public record EventTime(long nanos, Duration error) {
    /** What the delivery of an event may add; a clock that was set by less makes no greater error. */
    private static final Duration TOLERANCE = Duration.ofMillis(250);

    /** A moment that this server saw itself. */
    public static EventTime seen(long nanos) {
        return new EventTime(nanos, Duration.ZERO);
    }

    boolean isExact() {
        return error.compareTo(TOLERANCE) <= 0;
    }

    /** The time from this to a later moment; negative if the clocks contradict the order. */
    Duration until(EventTime later) {
        return Duration.ofNanos(later.nanos - nanos);
    }

    /** By how much the time between both moments may be wrong. */
    Duration errorWith(EventTime other) {
        return error.plus(other.error);
    }

    /** Whether a time with this error is a measurement: right within 250 ms, or within a tenth. */
    static boolean isMeasured(Duration time, Duration error) {
        return error.compareTo(Collections.max(List.of(TOLERANCE, time.dividedBy(10)))) <= 0;
    }
}
