// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One step of one migration.
 *
 * @param step which step
 * @param state how far it is
 * @param started empty while {@link StepState#PENDING}
 * @param duration so far, or in all
 * @param facts what was seen, in the order of insertion; keys are stable, values for people
 */
public record StepReport(
        MigrationStep step,
        StepState state,
        Optional<Instant> started,
        Optional<Duration> duration,
        Map<String, String> facts) {}
