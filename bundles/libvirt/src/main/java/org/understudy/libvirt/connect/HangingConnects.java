// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.concurrent.Scheduler;

/**
 * The connects to each URI that have not returned by their deadline. Each keeps a thread, so the pause before the next one
 * doubles with their number, and hosts that hang leave threads for the others. Counts all connections to a URI, also those
 * that were closed; a host whose URI was corrected is called at once. Safe for use from any thread.
 */
public final class HangingConnects {
    /** For one URI. */
    static final int MAX = 16;

    private static final Duration LONGEST = Duration.ofHours(1);

    private final Scheduler scheduler;
    private final Map<String, Hanging> uris = new HashMap<>();

    /** @param since when the last one exceeded its deadline */
    private record Hanging(int connects, long since) {}

    HangingConnects(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** A connect has exceeded its deadline. */
    synchronized void add(String uri) {
        int before = connects(uri);
        uris.put(uri, new Hanging(before + 1, scheduler.nanos()));
    }

    /** It has returned. */
    synchronized void remove(String uri) {
        uris.computeIfPresent(
                uri, (u, now) -> now.connects() == 1 ? null : new Hanging(now.connects() - 1, now.since()));
    }

    synchronized int connects(String uri) {
        return Optional.ofNullable(uris.get(uri)).map(Hanging::connects).orElse(0);
    }

    /**
     * The time until the next connect; zero or less if it may start now.
     *
     * @param deadline of a connect, which is the first pause
     */
    synchronized Duration pause(String uri, Duration deadline) {
        return Optional.ofNullable(uris.get(uri))
                .map(now -> {
                    Duration full = deadline.multipliedBy(1L << (now.connects() - 1));
                    Duration pause = full.compareTo(LONGEST) < 0 ? full : LONGEST;
                    return pause.minusNanos(scheduler.nanos() - now.since());
                })
                .orElse(Duration.ZERO);
    }
}
