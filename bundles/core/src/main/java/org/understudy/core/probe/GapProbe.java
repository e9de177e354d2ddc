// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.NetworkGap;

/** A running measurement. Safe for use from any thread. */
public interface GapProbe extends AutoCloseable {
    /** The measurement up to now; a gap that is still open counts. Does not block, also works after {@link #close}. */
    NetworkGap report();

    /**
     * When the first packet after a moment arrived over a path; proves which path carries traffic.
     *
     * @param path {@code primary} or {@code standby}
     * @return empty if none has arrived, or if this kind of probe cannot distinguish paths
     */
    Optional<Instant> firstOn(String path, Instant after);

    /** What makes the measurement impossible, such as a second guest that sends the same packets. */
    default List<Finding> findings() {
        return List.of();
    }

    /** Ends the measurement; {@link #report} then keeps its last answer. Has no effect if repeated. */
    @Override
    void close();
}
