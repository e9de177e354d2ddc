// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * Exponential backoff with jitter. Pauses double up to the longest. Each is cut at random by up to half, so that what
 * failed together is not retried together.
 *
 * @param random from 0 (inclusive) to 1
 */
public record Backoff(Duration first, Duration longest, DoubleSupplier random) {
    private static final int DOUBLINGS = 30;

    public Backoff(Duration first, Duration longest) {
        this(first, longest, () -> ThreadLocalRandom.current().nextDouble());
    }

    /** @param failures consecutive failures, from 1 */
    public Duration pause(int failures) {
        Duration full = first.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS));
        long millis = (full.compareTo(longest) < 0 ? full : longest).toMillis();
        return Duration.ofMillis(millis - (long) (millis / 2 * random.getAsDouble()));
    }
}
