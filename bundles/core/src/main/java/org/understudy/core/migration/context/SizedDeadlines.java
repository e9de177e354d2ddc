// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import org.understudy.api.Policy.Deadlines;
import org.understudy.api.xml.GuestMemory;

/**
 * The deadlines of one migration: those of the configuration, which fit a small guest, and what the memory of this guest
 * adds (docs/decisions/0035).
 */
final class SizedDeadlines {
    private SizedDeadlines() {}

    /** @param opensVfs whether QEMU opens VFs on the destination */
    static Deadlines of(Deadlines base, GuestMemory memory, boolean opensVfs) {
        Duration opening = opensVfs ? memory.openingAllowance() : Duration.ZERO;
        boolean slowStart = opensVfs || memory.prepared();
        return new Deadlines(
                base.preflight(),
                base.prepare().plus(slowStart ? memory.startAllowance() : Duration.ZERO),
                base.unplug(),
                base.copy(),
                base.switchover().plus(opening),
                base.plug().plus(opening),
                base.release(),
                base.cancel());
    }
}
