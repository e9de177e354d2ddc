// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.concurrent.Scheduler;

/**
 * The connects to each URI that have not returned by their deadline. Each keeps a thread, so the pause before the next one
 * doubles with each, and hosts that hang leave threads for the others. A connect that returns ends the pause: the host may
 * answer again. Counts all connections to a URI, also those that were closed; a host whose URI was corrected is called at
 * once. Safe for use from any thread.
 */
public final class HangingConnects {
    /** For one URI. */
    static final int MAX = 16;

    private static final Duration LONGEST = Duration.ofHours(1);

    private final Scheduler scheduler;
    private final Map<String, Hanging> uris = new HashMap<>();

    /**
     * @param unanswered those that exceeded their deadline after the last one returned
     * @param since when the last one exceeded its deadline
     */
    private record Hanging(int connects, int unanswered, long since) {
        Hanging returned() {
            return new Hanging(connects - 1, 0, since);
        }
    }

    HangingConnects(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** A connect has exceeded its deadline. */
    synchronized void add(String uri) {
        Hanging before = Optional.ofNullable(uris.get(uri)).orElse(new Hanging(0, 0, 0));
        uris.put(uri, new Hanging(before.connects() + 1, before.unanswered() + 1, scheduler.nanos()));
    }

    /** It has returned. */
    synchronized void remove(String uri) {
        uris.computeIfPresent(uri, (u, now) -> now.connects() == 1 ? null : now.returned());
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
                .filter(now -> now.unanswered() > 0)
                .map(now -> {
                    Duration full = deadline.multipliedBy(1L << (now.unanswered() - 1));
                    Duration pause = full.compareTo(LONGEST) < 0 ? full : LONGEST;
                    return pause.minusNanos(scheduler.nanos() - now.since());
                })
                .orElse(Duration.ZERO);
    }
}
