// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The loss of connectivity during a migration: measured or explicitly not measured, never estimated. */
@ProviderType
public sealed interface NetworkGap {
    /**
     * The measurement of a probe.
     *
     * @param method such as {@code heartbeat} or {@code icmp}
     * @param interval the interval of the packets, which is the resolution of the measurement
     * @param sent packets sent by the VM or by the probe
     * @param received packets received, without duplicates
     * @param lost sent minus received
     * @param duplicated packets received more than once
     * @param reordered packets received after a later one
     * @param longestGap longest time without a packet, on the receiver's monotonic clock
     * @param paths the figures of each path, if the packets name it
     */
    record Measured(
            String method,
            Duration interval,
            long sent,
            long received,
            long lost,
            long duplicated,
            long reordered,
            Duration longestGap,
            List<PathCount> paths)
            implements NetworkGap {}

    /**
     * No probe ran, it received too few packets, or this server itself did not run for a time.
     *
     * @param reason why there is no figure
     */
    record NotMeasured(String reason) implements NetworkGap {}

    /**
     * The packets over one NIC of the pair.
     *
     * @param path {@code primary}, {@code standby} or {@code unknown}
     * @param received packets received over it
     * @param longestGap longest time between two consecutive packets of which the later was received over it
     */
    record PathCount(String path, long received, Duration longestGap) {}
}
