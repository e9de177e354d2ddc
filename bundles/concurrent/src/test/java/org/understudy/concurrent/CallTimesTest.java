// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CallTimesTest {
    @Test
    void countsEachCallInTheClassOfItsDuration() {
        CallTimes times = CallTimes.of("countsEachCall");
        times.count(Duration.ofMillis(1).toNanos(), false);
        times.count(Duration.ofMillis(2).toNanos(), true);
        times.count(Duration.ofHours(1).toNanos(), true);

        CallTimes.Totals totals = CallTimes.all().get("countsEachCall");

        assertThat(totals.counts()).containsExactly(1L, 1L, 0L, 0L, 0L, 0L, 0L, 0L, 1L);
        assertThat(totals.counts()).hasSize(CallTimes.BOUNDS.size() + 1);
        assertThat(totals.failures()).isEqualTo(2);
        assertThat(totals.total()).isEqualTo(Duration.ofHours(1).plusMillis(3));
    }

    @Test
    void allCallsOfOneKindAreCountedTogether() {
        assertThat(CallTimes.of("allCallsOfOneKind")).isSameAs(CallTimes.of("allCallsOfOneKind"));
    }
}
