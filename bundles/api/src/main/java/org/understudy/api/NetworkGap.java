// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The loss of connectivity of a migration: measured, or known to be not measured. Never inferred. */
@ProviderType
public sealed interface NetworkGap {
    /**
     * What a probe counted.
     *
     * @param method such as {@code heartbeat} or {@code icmp}
     * @param interval the distance of two packets; a gap can't be told apart from this
     * @param sent packets that should have come
     * @param received packets that came, without duplicates
     * @param lost sent minus received
     * @param duplicated packets that came more than once
     * @param reordered packets that came after a later one
     * @param longestGap longest time without a packet, on the receiver's monotonic clock
     * @param paths the same per path the packets took, as far as the packets tell
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
     * No probe ran, or it received too little.
     *
     * @param reason why there is no figure
     */
    record NotMeasured(String reason) implements NetworkGap {}

    /**
     * What came over one NIC of the pair.
     *
     * @param path {@code primary}, {@code standby} or {@code unknown}
     * @param received packets that came this way
     * @param longestGap longest time between two packets in sequence order of which the later came this way
     */
    record PathCount(String path, long received, Duration longestGap) {}
}
