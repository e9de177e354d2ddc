// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Duration;

/**
 * How often and how long a host is asked after something should have happened there.
 *
 * @param first the first distance between two questions; each is twice the one before
 * @param slowest the longest distance
 * @param limit when asking ends
 * @param missingAfter when a primary that QEMU should have and has not counts as missing
 * @param burst how long is waited for more events that ask for the same reading; a VM that arrives causes several, and
 *     its guest wants the host's time just then
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
