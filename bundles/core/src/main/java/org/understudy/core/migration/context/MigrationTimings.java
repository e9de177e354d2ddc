// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;

/**
 * Times of a migration that are not policy.
 *
 * @param poll interval of polling while no event arrives; each query costs time of the host
 * @param grace how long an event may lag behind the answer to a query
 * @param heartbeat how long to wait for a heartbeat on the primary after the guest has enabled it
 * @param silence how long a VM that has arrived may send no probe traffic if it did before; QEMU under TCG is slow to continue
 * @param probeTail how long the probe measures after the last step
 * @param absence how long a host may be unreachable during a migration, such as while its libvirt is restarted
 * @param answer how long one query of a host may take
 * @param convergence how long the copy of memory may make no progress before that is reported
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
        Duration convergence,
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
                Duration.ofSeconds(15),
                Duration.ofSeconds(29));
    }
}
