// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a VM is migrated.
 *
 * @param bandwidth limit in bytes per second
 * @param downtimeLimit the downtime that QEMU may use for the last memory pages
 * @param autoConverge slow the guest down if it writes memory faster than it can be sent
 * @param multifdChannels number of parallel memory streams, 2 to 255; empty: one stream
 * @param postcopy post-copy; the preflight refuses it, because it leaves no complete copy of the guest on either host
 * @param tls encrypt the migration stream
 * @param requireVf empty: as configured; true: a migration that ends on standby needs attention; false: it is degraded,
 *     and a destination without a free VF is accepted: the VM gets a VF there when one is free
 * @param strategy empty: as configured
 * @param probe how the network gap is measured; empty: as configured for the VM
 */
public record MigrationOptions(
        OptionalLong bandwidth,
        Optional<Duration> downtimeLimit,
        boolean autoConverge,
        OptionalInt multifdChannels,
        boolean postcopy,
        boolean tls,
        Optional<Boolean> requireVf,
        Optional<MigrationStrategy> strategy,
        Optional<ProbeTarget> probe) {

    /** {@return options that leave everything to QEMU's defaults and to the configuration} */
    public static MigrationOptions defaults() {
        return new MigrationOptions(
                OptionalLong.empty(),
                Optional.empty(),
                false,
                OptionalInt.empty(),
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** {@return the same options for a VM that may arrive on its standby NIC} */
    public MigrationOptions acceptingStandby() {
        return new MigrationOptions(
                bandwidth,
                downtimeLimit,
                autoConverge,
                multifdChannels,
                postcopy,
                tls,
                Optional.of(false),
                strategy,
                probe);
    }

    /**
     * {@return the same options with a probe}
     *
     * @param target how the network gap is measured
     */
    public MigrationOptions withProbe(ProbeTarget target) {
        return new MigrationOptions(
                bandwidth,
                downtimeLimit,
                autoConverge,
                multifdChannels,
                postcopy,
                tls,
                requireVf,
                strategy,
                Optional.of(target));
    }
}
