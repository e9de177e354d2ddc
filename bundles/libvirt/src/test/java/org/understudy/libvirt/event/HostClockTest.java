// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.concurrent.testing.FakeScheduler;

final class HostClockTest {
    private final FakeScheduler time = new FakeScheduler();
    private final Instant start = time.instant();
    private final HostClock host = new HostClock(time);

    /** @param ahead how far the host's clock is ahead, in ms */
    private Instant localTime(long happened, long delay, long ahead) {
        time.advance(Duration.ofMillis(happened + delay).minusNanos(time.nanos()));
        return host.toLocal(start.plusMillis(happened + ahead));
    }

    private Instant after(long millis) {
        return start.plusMillis(millis);
    }

    @Test
    void correctsAClockThatIsAheadByTheSmallestLag() {
        assertThat(localTime(0, 40, 900)).as("only the arrival time is known").isEqualTo(after(40));
        assertThat(localTime(1000, 2, 900)).isEqualTo(after(1002));
        assertThat(localTime(2000, 300, 900)).as("a late one").isEqualTo(after(2002));
        assertThat(localTime(3000, 5, 900)).isEqualTo(after(3002));
    }

    @Test
    void correctsAClockThatIsBehind() {
        localTime(0, 3, -5000);

        assertThat(localTime(500, 70, -5000)).isEqualTo(after(503));
    }

    @Test
    void ignoresLagsOlderThanAMinute() {
        localTime(0, 1, 0);
        long later = Duration.ofMinutes(2).toMillis();

        assertThat(localTime(later, 1, -700))
                .as("the host's clock was set back")
                .isEqualTo(after(later + 1));
    }

    @ParameterizedTest
    @ValueSource(longs = {-3_600_000, -30_000, 30_000, 3_600_000})
    void convertsToTheDateOfThisServerAlsoAfterThatWasSet(long step) {
        localTime(0, 1, 900);

        time.stepDate(Duration.ofMillis(step));

        assertThat(localTime(500, 70, 900)).isEqualTo(after(501 + step));
    }
}
