// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration FIRST = Duration.ofSeconds(2);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    @Test
    void pausesGrowUpToALongestOne() {
        Backoff backoff = new Backoff(FIRST, LONGEST, () -> 0);

        assertThat(IntStream.rangeClosed(1, 10).mapToObj(n -> backoff.pause(n).toSeconds()))
                .containsExactly(2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 300L, 300L);
        assertThat(backoff.pause(Integer.MAX_VALUE)).isEqualTo(LONGEST);
    }

    @Test
    void cutsEachPauseByUpToHalf() {
        Backoff backoff = new Backoff(FIRST, LONGEST, () -> 1);

        assertThat(backoff.pause(1)).isEqualTo(Duration.ofSeconds(1));
        assertThat(backoff.pause(100)).isEqualTo(Duration.ofSeconds(150));
    }

    @Test
    void spreadsAThousandRetriesOfFailuresAtTheSameTime() {
        Backoff backoff = new Backoff(FIRST, LONGEST);

        assertThat(IntStream.range(0, 1000)
                        .mapToLong(n -> backoff.pause(1).toMillis())
                        .distinct()
                        .count())
                .isGreaterThan(300);
    }
}
