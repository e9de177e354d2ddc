// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Whether a guest does its part in a failover pair: takes the standby feature, and drives both NICs as one.
 *
 * @param answer empty if no sign tells
 * @param signs what it is concluded from
 */
public record Cooperation(Optional<Boolean> answer, List<Sign> signs) {
    /**
     * One observation.
     *
     * @param source who says so, such as {@code event FAILOVER_NEGOTIATED}
     * @param says what it was
     * @param at when it was so, by this server's clock
     */
    public record Sign(String source, String says, Instant at) {}
}
