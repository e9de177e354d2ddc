// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Scheduler;

/**
 * When a lost connection is opened again: at once if it was open for longer than the longest pause, otherwise after a pause
 * that grows with each attempt.
 */
final class ReconnectSchedule {
    private final Backoff backoff;
    private final Scheduler scheduler;
    private int failures;
    private long openedAt;

    ReconnectSchedule(Backoff backoff, Scheduler scheduler) {
        this.backoff = backoff;
        this.scheduler = scheduler;
    }

    synchronized void opened() {
        openedAt = scheduler.nanos();
    }

    /** The pause after a connection was lost. */
    synchronized Duration afterLoss() {
        if (scheduler.nanos() - openedAt > backoff.longest().toNanos()) {
            failures = 0;
            return Duration.ZERO;
        }
        return afterFailure();
    }

    /** The pause after an attempt that failed. */
    synchronized Duration afterFailure() {
        return backoff.pause(++failures);
    }
}
