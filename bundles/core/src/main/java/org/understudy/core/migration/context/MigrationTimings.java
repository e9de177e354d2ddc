// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;

/**
 * The small times of a run that are no policy.
 *
 * @param poll how often a host is asked while no event comes; a net below the events, and each question costs a host time
 *     that its guest may want
 * @param grace how long an event may lag behind the answer to a query
 * @param heartbeat how long to wait for a heartbeat on the primary after the guest has enabled it
 * @param silence how long a VM that has arrived may be silent, if the probe has heard it before; QEMU under TCG is slow to go on
 * @param probeTail how long the probe goes on measuring after the last step
 * @param absence how long a host may be away in the middle of a run, as while its libvirt is restarted
 * @param answer how long one question to a host may take
 * @param ownUnplugWait how long QEMU itself waits for the guest after a cancel. Source: QEMU
 *     {@code migration/migration.c}, {@code qemu_savevm_wait_unplug}: 120 rounds of 250 ms, since 6.1
 */
public record MigrationTimings(
        Duration poll,
        Duration grace,
        Duration heartbeat,
        Duration silence,
        Duration probeTail,
        Duration absence,
        Duration answer,
        Duration ownUnplugWait) {
    public static MigrationTimings usual() {
        return new MigrationTimings(
                Duration.ofMillis(500),
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofSeconds(1),
                Duration.ofSeconds(45),
                Duration.ofSeconds(30),
                Duration.ofSeconds(29));
    }
}
