// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;

/**
 * Turns the times that events have by their host's clock into those of this server's, so that what happened on two hosts can
 * be compared. An event arrives later than it happened: the one that took least within the last minute tells how far apart the
 * clocks are, give or take that least delay. Safe for use from any thread.
 */
final class HostClock {
    private static final Duration MEMORY = Duration.ofMinutes(1);

    private record Reading(Instant arrival, Duration lag) {}

    private final Clock clock;
    private final Deque<Reading> readings = new ArrayDeque<>();

    HostClock(Clock clock) {
        this.clock = clock;
    }

    /** To be called when an event arrives, with the time that the host gave it. */
    synchronized Instant here(Instant there) {
        Instant now = clock.instant();
        readings.removeIf(r -> Duration.between(r.arrival(), now).abs().compareTo(MEMORY) > 0);
        readings.add(new Reading(now, Duration.between(there, now)));
        Duration least = readings.stream()
                .map(Reading::lag)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        return there.plus(least);
    }
}
