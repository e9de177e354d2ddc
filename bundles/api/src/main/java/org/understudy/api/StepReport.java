// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The status of a step of a migration.
 *
 * @param step the step
 * @param state its state
 * @param started empty while {@link StepState#PENDING}
 * @param duration so far, or in total
 * @param facts the observations, in the order of insertion; keys are stable, values for people
 */
public record StepReport(
        MigrationStep step,
        StepState state,
        Optional<Instant> started,
        Optional<Duration> duration,
        Map<String, String> facts) {}
