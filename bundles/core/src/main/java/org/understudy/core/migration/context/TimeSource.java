// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Instant;
import java.time.InstantSource;

/** The one clock of {@code migration}: the date, the monotonic clock of deadlines, and waiting for them. */
public interface TimeSource extends InstantSource {
    /** A reading of the monotonic clock in nanoseconds; only differences are meaningful. */
    long nanos();

    /** Waits on a monitor that the caller holds, until it is notified or the time has passed; may return early. */
    void await(Object monitor, long nanos) throws InterruptedException;

    static TimeSource system() {
        return new TimeSource() {
            @Override
            public Instant instant() {
                return Instant.now();
            }

            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void await(Object monitor, long nanos) throws InterruptedException {
                if (nanos > 0) {
                    monitor.wait(nanos / 1_000_000, (int) (nanos % 1_000_000));
                }
            }
        };
    }
}
