// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;

/**
 * A moment of the monotonic clock.
 *
 * @param nanos that moment by {@link Scheduler#nanos}
 * @param stoppedNanos {@link Scheduler#stoppedNanos} at that moment
 */
public record Stopwatch(Scheduler scheduler, long nanos, long stoppedNanos) {
    /** The present moment. */
    public static Stopwatch start(Scheduler scheduler) {
        long stopped;
        long nanos;
        do {
            stopped = scheduler.stoppedNanos();
            nanos = scheduler.nanos();
            // The process may have been stopped between both readings.
        } while (stopped != scheduler.stoppedNanos());
        return new Stopwatch(scheduler, nanos, stopped);
    }

    /** The time since then. */
    public Duration elapsed() {
        return Duration.ofNanos(scheduler.nanos() - nanos);
    }

    /** The part of that time in which this process did not run. */
    public Duration stopped() {
        return Duration.ofNanos(scheduler.stoppedNanos() - stoppedNanos);
    }
}
