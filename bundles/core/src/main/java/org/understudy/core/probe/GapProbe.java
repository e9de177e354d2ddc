// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.time.Instant;
import java.util.Optional;
import org.understudy.api.NetworkGap;

/** A measurement that runs. */
public interface GapProbe extends AutoCloseable {
    /** What was measured up to now; a gap that is still open counts. Does not block, also works after {@link #close}. */
    NetworkGap report();

    /**
     * When the first packet after a moment came over a path; lets the caller prove which path carries traffic.
     *
     * @param path {@code primary} or {@code standby}
     * @return empty if none came yet, or if this kind of probe cannot tell paths apart
     */
    Optional<Instant> firstOn(String path, Instant after);

    /** Ends the measurement; {@link #report} then keeps its last answer. Harmless if repeated. */
    @Override
    void close();
}
