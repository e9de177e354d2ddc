// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.Optional;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.Stopwatch;

/** Measures the downtime by the events of both hosts. */
public final class Downtime {
    private static final String EVENTS = "events: pause on the source, resume on the destination";

    private Downtime() {}

    /**
     * The time from the last pause on the source to the first resume on the destination.
     *
     * @param since a moment before the pause; empty if none is known
     */
    public static TimeBetween measure(VmEvents source, VmEvents destination, Optional<Stopwatch> since) {
        Optional<HostEvent.Paused> paused = source.last(HostEvent.Paused.class);
        Optional<HostEvent.Resumed> resumed = destination.first(HostEvent.Resumed.class);
        if (paused.isEmpty() || source.isFollowedBy(paused.get(), HostEvent.Resumed.class)) {
            return TimeBetween.notMeasured("the source did not report the pause");
        } else if (resumed.isEmpty()) {
            return TimeBetween.notMeasured("the destination did not report the resume");
        } else if (source.isFollowedBy(paused.get(), HostEvent.EventsMissed.class)
                || destination.isFollowedBy(resumed.get(), HostEvent.EventsMissed.class)) {
            // A host that connects again reports what it finds then, with the time of the connection.
            return TimeBetween.notMeasured("events of a host were missed");
        }
        return TimeBetween.of(
                        source.time(paused.get()),
                        destination.time(resumed.get()),
                        since.map(Stopwatch::elapsed),
                        EVENTS)
                .withStopped(since.map(Stopwatch::stopped).orElse(Duration.ZERO));
    }
}
