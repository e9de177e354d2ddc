// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.time.Duration;

/** A point in time of the monotonic clock. */
record QmpDeadline(long nanoTime) {
    static QmpDeadline after(Duration limit) {
        return new QmpDeadline(System.nanoTime() + limit.toNanos());
    }

    boolean hasPassed() {
        return nanoTime - System.nanoTime() <= 0;
    }

    /** At least 0. */
    long remainingNanos() {
        return Math.max(0, nanoTime - System.nanoTime());
    }

    /** At least 1, because 0 means no timeout to a selector. */
    long remainingMillis() {
        return Math.max(1, remainingNanos() / 1_000_000);
    }
}
