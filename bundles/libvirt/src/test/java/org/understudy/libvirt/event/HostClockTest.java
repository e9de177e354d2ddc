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

    /** @param ahead of the host's clock, in ms */
    private Instant told(long happened, long delay, long ahead) {
        when(clock.instant()).thenReturn(START.plusMillis(happened + delay));
        return host.here(START.plusMillis(happened + ahead));
    }

    private static Instant after(long millis) {
        return START.plusMillis(millis);
    }

    @Test
    void tellsTheTimeOfAHostWhoseClockIsWrongByTheEventThatCameFastest() {
        assertThat(told(0, 40, 900)).as("all that is known is when it came").isEqualTo(after(40));
        assertThat(told(1000, 2, 900)).isEqualTo(after(1002));
        assertThat(told(2000, 300, 900)).as("a late one").isEqualTo(after(2002));
        assertThat(told(3000, 5, 900)).isEqualTo(after(3002));
    }

    @Test
    void doesTheSameForOneThatIsBehind() {
        told(0, 3, -5000);

        assertThat(told(500, 70, -5000)).isEqualTo(after(503));
    }

    @Test
    void forgetsHowFarApartTheClocksWereAMinuteAgo() {
        told(0, 1, 0);
        long later = Duration.ofMinutes(2).toMillis();

        assertThat(told(later, 1, -700)).as("the host's clock was put back").isEqualTo(after(later + 1));
    }
}
