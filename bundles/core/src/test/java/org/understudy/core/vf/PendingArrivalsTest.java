// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.concurrent.testing.FakeScheduler;

class PendingArrivalsTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final HostName ALPHA = new HostName("alpha");
    private final FakeScheduler clock = new FakeScheduler();
    private final List<HostName> over = new ArrayList<>();
    private final PendingArrivals pendingArrivals = new PendingArrivals(clock, Duration.ofMinutes(1), over::add);

    private boolean isExpected() {
        return pendingArrivals.has(ALPHA, WEB1);
    }

    @Test
    void expectsAVmOnOneHostUntilItsTimeIsUp() {
        pendingArrivals.begin(ALPHA, WEB1);

        assertThat(isExpected()).isTrue();
        assertThat(pendingArrivals.has(new HostName("beta"), WEB1)).isFalse();
        clock.advance(Duration.ofMinutes(1));
        assertThat(isExpected()).isFalse();
        assertThat(over).containsExactly(ALPHA);
    }

    @Test
    void restartsTheTimeOfAVmThatIsExpectedAgain() {
        pendingArrivals.begin(ALPHA, WEB1);
        clock.advance(Duration.ofSeconds(40));
        pendingArrivals.begin(ALPHA, WEB1);

        clock.advance(Duration.ofSeconds(59));
        assertThat(isExpected()).isTrue();
        clock.advance(Duration.ofSeconds(1));
        assertThat(isExpected()).isFalse();
        assertThat(over).hasSize(1);
    }

    @Test
    void reportsOnceThatAVmIsNoLongerExpected() {
        pendingArrivals.begin(ALPHA, WEB1);

        pendingArrivals.end(ALPHA, WEB1);
        pendingArrivals.end(ALPHA, WEB1);
        clock.advance(Duration.ofMinutes(1));

        assertThat(isExpected()).isFalse();
        assertThat(over).hasSize(1);
    }
}
