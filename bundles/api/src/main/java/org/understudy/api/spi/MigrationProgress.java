// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.time.Duration;
import java.util.Optional;

/**
 * What QEMU says of a migration it sends.
 *
 * @param phase the phase it is in
 * @param totalBytes memory to copy, 0 before it is known
 * @param remainingBytes memory still to copy
 * @param downtime as QEMU measured it; empty before the end
 * @param error QEMU's error text; empty if there is none
 */
public record MigrationProgress(
        MigrationPhase phase, long totalBytes, long remainingBytes, Optional<Duration> downtime, String error) {}
