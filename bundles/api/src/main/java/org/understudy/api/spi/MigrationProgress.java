// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.time.Duration;
import java.util.Optional;

/**
 * The progress of an outgoing migration, as QEMU reports it.
 *
 * @param phase the current phase
 * @param totalBytes memory to copy, 0 before it is known
 * @param remainingBytes memory still to copy
 * @param downtime as QEMU measured it; empty before the end
 * @param error QEMU's error text; empty if there is none
 */
public record MigrationProgress(
        MigrationPhase phase, long totalBytes, long remainingBytes, Optional<Duration> downtime, String error) {}
