// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.concurrent;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * How long to pause after attempt upon attempt that failed. Pauses double up to a longest one. Each is cut by up to half
 * at random, so that what failed at the same moment is not tried again at the same moment.
 *
 * @param random from 0 (inclusive) to 1
 */
public record Backoff(Duration first, Duration longest, DoubleSupplier random) {
    private static final int DOUBLINGS = 30;

    public Backoff(Duration first, Duration longest) {
        this(first, longest, () -> ThreadLocalRandom.current().nextDouble());
    }

    /** @param failures how many attempts have failed in a row, the last one included */
    public Duration pause(int failures) {
        Duration full = first.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS));
        long millis = (full.compareTo(longest) < 0 ? full : longest).toMillis();
        return Duration.ofMillis(millis - (long) (millis / 2 * random.getAsDouble()));
    }
}
