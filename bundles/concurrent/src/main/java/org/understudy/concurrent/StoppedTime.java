// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time in which this process did not run, as it or its machine was stopped while the monotonic clock went on. A task that
 * is due every 50 ms measures that, and so does every reading: the first of them afterwards adds all of it. The task ends a
 * minute after the last reading.
 */
final class StoppedTime {
    private static final Logger LOG = LoggerFactory.getLogger(StoppedTime.class);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final long TICK_NANOS = TICK.toNanos();
    /** A busy machine delays a thread by less. */
    private static final long LATE = Duration.ofMillis(100).toNanos();

    private static final long LOGGED = Duration.ofSeconds(1).toNanos();
    private static final long IDLE = Duration.ofMinutes(1).toNanos();

    private final Scheduler scheduler;
    private boolean ticking;
    private long lastRead;
    private long lastSeen;
    private long stopped;

    StoppedTime(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** The total since the first reading. */
    synchronized long nanos() {
        long now = scheduler.nanos();
        lastRead = now;
        if (ticking) {
            account(now);
        } else {
            ticking = true;
            lastSeen = now;
            scheduler.after(TICK, this::tick);
        }
        return stopped;
    }

    private synchronized void tick() {
        long now = scheduler.nanos();
        account(now);
        ticking = now - lastRead < IDLE;
        if (ticking) {
            scheduler.after(TICK, this::tick);
        }
    }

    private void account(long now) {
        long late = now - lastSeen - TICK_NANOS;
        lastSeen = now;
        if (late > LATE) {
            stopped += late;
            if (late > LOGGED) {
                LOG.warn("Server: did not run for {} ms, deadlines are extended by this time", late / 1_000_000);
            }
        }
    }
}
