// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.time.Duration;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.SystemScheduler;

/** The time by which QEMU has to answer. */
record QmpDeadline(Deadline deadline) {
    static QmpDeadline after(Duration limit) {
        return new QmpDeadline(Deadline.in(SystemScheduler.process(), limit));
    }

    boolean hasPassed() {
        return deadline.isOver();
    }

    /** At least 0. */
    long remainingNanos() {
        return deadline.left().toNanos();
    }

    /** At least 1, because 0 means no timeout to a selector. */
    long remainingMillis() {
        return Math.max(1, remainingNanos() / 1_000_000);
    }
}
