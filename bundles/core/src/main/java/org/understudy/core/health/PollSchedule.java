// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Duration;

/**
 * How often and how long a host is polled for an expected change.
 *
 * @param first the first interval; each is twice the one before
 * @param slowest the longest interval
 * @param limit when polling ends
 * @param missingAfter when a primary that QEMU should have but does not have counts as missing
 * @param burst the delay of a reading, so that one reading serves several events; a VM that arrives causes several, and
 *     its guest needs the host's CPU time then
 */
record PollSchedule(Duration first, Duration slowest, Duration limit, Duration missingAfter, Duration burst) {
    static PollSchedule usual() {
        return new PollSchedule(
                Duration.ofMillis(100),
                Duration.ofSeconds(2),
                Duration.ofSeconds(60),
                Duration.ofSeconds(3),
                Duration.ofMillis(300));
    }
}
