// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.Optional;

/**
 * The time between two moments, of one host or of two: measured, or absent with the reason.
 *
 * @param measured empty if it is unknown
 * @param evidence what measures it, or why it is not measured
 */
public record TimeBetween(Optional<Duration> measured, String evidence) {
    /**
     * Judges two moments.
     *
     * @param longest the time of this server's monotonic clock that holds both
     * @param source what reports the moments
     */
    public static TimeBetween of(EventTime from, EventTime to, Optional<Duration> longest, String source) {
        Duration time = from.until(to);
        Duration error = from.errorWith(to);
        if (!EventTime.isMeasured(time.abs(), error)) {
            return notMeasured("events arrived up to %d ms late, or the clock of a host was set by as much"
                    .formatted(error.toMillis()));
        } else if (time.isNegative()) {
            return notMeasured("by the clocks of the hosts it ended before it began");
        } else if (longest.isPresent() && time.compareTo(longest.get()) > 0) {
            return notMeasured("by the clocks of the hosts it took %d ms, within %d ms of this server"
                    .formatted(time.toMillis(), longest.get().toMillis()));
        }
        return new TimeBetween(
                Optional.of(time), error.toMillis() == 0 ? source : source + ", within " + error.toMillis() + " ms");
    }

    /** Adds a possible cause if it is not measured: how long this server did not run meanwhile. */
    public TimeBetween withStopped(Duration stopped) {
        return measured.isPresent() || stopped.isZero()
                ? this
                : new TimeBetween(measured, evidence + "; this server did not run for " + stopped.toMillis() + " ms");
    }

    public static TimeBetween notMeasured(String reason) {
        return new TimeBetween(Optional.empty(), "not measured: " + reason);
    }
}
