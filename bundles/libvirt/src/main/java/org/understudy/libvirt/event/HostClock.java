// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;

/**
 * Converts event times of a host's clock to this server's clock, so that events of two hosts can be compared. The offset is
 * the smallest lag between event and arrival within the last minute; its error is that event's delivery delay. Safe for use
 * from any thread.
 */
final class HostClock {
    private static final Duration WINDOW = Duration.ofMinutes(1);

    private record Reading(Instant arrival, Duration lag) {}

    private final Clock clock;
    private final Deque<Reading> readings = new ArrayDeque<>();

    HostClock(Clock clock) {
        this.clock = clock;
    }

    /** Called when an event arrives, with the host's timestamp. */
    synchronized Instant toLocal(Instant hostTime) {
        Instant now = clock.instant();
        readings.removeIf(r -> Duration.between(r.arrival(), now).abs().compareTo(WINDOW) > 0);
        readings.add(new Reading(now, Duration.between(hostTime, now)));
        Duration least = readings.stream()
                .map(Reading::lag)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        return hostTime.plus(least);
    }
}
