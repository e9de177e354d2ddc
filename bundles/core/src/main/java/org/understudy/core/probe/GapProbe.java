// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.NetworkGap;

/** A running measurement. Safe for use from any thread. */
public interface GapProbe extends AutoCloseable {
    /** The measurement up to now; a gap that is still open counts. Does not block, also works after {@link #close}. */
    NetworkGap report();

    /**
     * What has arrived, whether or not the gap is measured.
     *
     * @param method such as {@code heartbeat}
     * @param interval of the packets; zero before the second
     */
    record Traffic(String method, long received, Duration interval) {}

    /** The traffic up to now; empty if there was none, or if it is unknown who sends it. */
    Optional<Traffic> traffic();

    /**
     * When the first packet after a moment arrived over a path; proves which path carries traffic.
     *
     * @param path {@code primary} or {@code standby}
     * @param after that moment, in nanoseconds of the monotonic clock
     * @return empty if none has arrived, or if this kind of probe cannot distinguish paths
     */
    Optional<Long> firstOn(String path, long after);

    /** What makes the measurement impossible, such as a second guest that sends the same packets. */
    default List<Finding> findings() {
        return List.of();
    }

    /** Ends the measurement; {@link #report} then keeps its last answer. Has no effect if repeated. */
    @Override
    void close();
}
