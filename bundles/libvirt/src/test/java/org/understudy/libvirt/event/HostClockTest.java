// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class HostClockTest {
    private static final Instant START = Instant.parse("2026-03-01T03:00:00Z");

    private final Clock clock = mock(Clock.class);
    private final HostClock host = new HostClock(clock);

    /** @param ahead how far the host's clock is ahead, in ms */
    private Instant localTime(long happened, long delay, long ahead) {
        when(clock.instant()).thenReturn(START.plusMillis(happened + delay));
        return host.toLocal(START.plusMillis(happened + ahead));
    }

    private static Instant after(long millis) {
        return START.plusMillis(millis);
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
}
