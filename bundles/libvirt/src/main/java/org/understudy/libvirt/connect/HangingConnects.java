// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.HostName;
import org.understudy.concurrent.Scheduler;

/**
 * The connects of each host that have not returned by their deadline. Each keeps a thread, so the pause before the next one
 * doubles with their number, and hosts that hang leave threads for the others. Counts all connections to a host, also those
 * that were closed. Safe for use from any thread.
 */
public final class HangingConnects {
    /** For one host. */
    static final int MAX = 16;

    private static final Duration LONGEST = Duration.ofHours(1);

    private final Scheduler scheduler;
    private final Map<HostName, Hanging> hosts = new HashMap<>();

    /** @param since when the last one exceeded its deadline */
    private record Hanging(int connects, long since) {}

    HangingConnects(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** A connect has exceeded its deadline. */
    synchronized void add(HostName host) {
        int before = connects(host);
        hosts.put(host, new Hanging(before + 1, scheduler.nanos()));
    }

    /** It has returned. */
    synchronized void remove(HostName host) {
        hosts.computeIfPresent(
                host, (h, now) -> now.connects() == 1 ? null : new Hanging(now.connects() - 1, now.since()));
    }

    synchronized int connects(HostName host) {
        return Optional.ofNullable(hosts.get(host)).map(Hanging::connects).orElse(0);
    }

    /**
     * The time until the next connect; zero or less if it may start now.
     *
     * @param deadline of a connect, which is the first pause
     */
    synchronized Duration pause(HostName host, Duration deadline) {
        return Optional.ofNullable(hosts.get(host))
                .map(now -> {
                    Duration full = deadline.multipliedBy(1L << (now.connects() - 1));
                    Duration pause = full.compareTo(LONGEST) < 0 ? full : LONGEST;
                    return pause.minusNanos(scheduler.nanos() - now.since());
                })
                .orElse(Duration.ZERO);
    }
}
