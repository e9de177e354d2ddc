// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;

/** A deadline. Time in which this process does not run does not count: what it waits for may have arrived meanwhile. */
public record Deadline(Scheduler scheduler, long end) {
    public static Deadline in(Scheduler scheduler, Duration limit) {
        return new Deadline(scheduler, scheduler.runningNanos() + limit.toNanos());
    }

    /** Zero or less once it has passed. */
    private long leftNanos() {
        return end - scheduler.runningNanos();
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
        scheduler.await(monitor, leftNanos());
    }
}
