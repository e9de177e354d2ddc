// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import org.understudy.concurrent.Scheduler;

/**
 * Converts event times of a host's clock to the date of this server, so that events of two hosts can be compared. The offset is
 * the smallest lag between event and arrival within the last minute; its error is that event's delivery delay. Lags are
 * measured by the monotonic clock, so that it does not matter if the date of this server is set. Safe for use from any thread.
 */
final class HostClock {
    private static final long WINDOW = Duration.ofMinutes(1).toNanos();

    private record Reading(long arrival, long lag) {}

    private final Scheduler scheduler;
    private final Deque<Reading> readings = new ArrayDeque<>();

    HostClock(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Called when an event arrives, with the host's timestamp. */
    synchronized Instant toLocal(Instant hostTime) {
        long now = scheduler.nanos();
        long lag = now - ChronoUnit.NANOS.between(Instant.EPOCH, hostTime);
        readings.removeIf(r -> now - r.arrival() > WINDOW);
        readings.add(new Reading(now, lag));
        long least = readings.stream().mapToLong(Reading::lag).min().orElseThrow();
        return scheduler.instant().minusNanos(lag - least);
    }
}
