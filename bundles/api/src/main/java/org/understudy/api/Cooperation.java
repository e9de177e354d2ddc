// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Whether a guest cooperates in a failover pair: negotiates standby, and drives both NICs as one.
 *
 * @param answer empty if it is unknown
 * @param signs the evidence
 */
public record Cooperation(Optional<Boolean> answer, List<Sign> signs) {
    /**
     * One observation.
     *
     * @param source of the observation, such as {@code event FAILOVER_NEGOTIATED}
     * @param says what was observed
     * @param at when it was observed, by this server's clock
     */
    public record Sign(String source, String says, Instant at) {}
}
