// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.understudy.concurrent.Scheduler;

/**
 * Bounds the audit entries of calls that a role does not permit: the history keeps a number of entries, so that a viewer could
 * otherwise remove those of others by calls that are refused. Safe for use from several threads.
 */
final class RefusalLimit {
    static final int MOST = 20;
    static final Duration PERIOD = Duration.ofMinutes(1);

    private static final int MOST_USERS = 1000;

    private final Scheduler clock;
    private final Map<String, Period> periods = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Period> eldest) {
            return size() > MOST_USERS;
        }
    };

    /** @param refusals in this period, with those that were not recorded */
    private record Period(long begin, long refusals) {}

    RefusalLimit(Scheduler clock) {
        this.clock = clock;
    }

    /**
     * Counts a refusal.
     *
     * @return the number of earlier ones of the user that were not recorded since the last entry; empty if this one is not recorded
     */
    synchronized OptionalLong admit(String user) {
        long now = clock.nanos();
        Period period = periods.getOrDefault(user, new Period(now, 0));
        if (now - period.begin() >= PERIOD.toNanos()) {
            periods.put(user, new Period(now, 1));
            return OptionalLong.of(Math.max(0, period.refusals() - MOST));
        }
        periods.put(user, new Period(period.begin(), period.refusals() + 1));
        return period.refusals() < MOST ? OptionalLong.of(0) : OptionalLong.empty();
    }
}
