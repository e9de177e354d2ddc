// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;

/** A deadline on the monotonic clock. */
public record Deadline(TimeSource time, long end) {
    public static Deadline in(TimeSource time, Duration limit) {
        return new Deadline(time, time.nanos() + limit.toNanos());
    }

    /** Zero or less once it has passed. */
    long leftNanos() {
        return end - time.nanos();
    }

    /** Never negative. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, leftNanos()));
    }

    public boolean isOver() {
        return leftNanos() <= 0;
    }

    /** Waits on a monitor that the caller holds; may return early. */
    public void await(Object monitor) throws InterruptedException {
        time.await(monitor, leftNanos());
    }
}
