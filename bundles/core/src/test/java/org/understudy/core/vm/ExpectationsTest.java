// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.core.testing.FakeScheduler;

class ExpectationsTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final HostName ALPHA = new HostName("alpha");
    private final FakeScheduler clock = new FakeScheduler();
    private final List<HostName> over = new ArrayList<>();
    private final Expectations expectations = new Expectations(clock, Duration.ofMinutes(1), over::add);

    private boolean isExpected() {
        return expectations.has(ALPHA, WEB1);
    }

    @Test
    void expectsAVmOnOneHostUntilItsTimeIsUp() {
        expectations.begin(ALPHA, WEB1);

        assertThat(isExpected()).isTrue();
        assertThat(expectations.has(new HostName("beta"), WEB1)).isFalse();
        clock.advance(Duration.ofMinutes(1));
        assertThat(isExpected()).isFalse();
        assertThat(over).containsExactly(ALPHA);
    }

    @Test
    void givesAVmThatIsExpectedAgainItsWholeTime() {
        expectations.begin(ALPHA, WEB1);
        clock.advance(Duration.ofSeconds(40));
        expectations.begin(ALPHA, WEB1);

        clock.advance(Duration.ofSeconds(59));
        assertThat(isExpected()).isTrue();
        clock.advance(Duration.ofSeconds(1));
        assertThat(isExpected()).isFalse();
        assertThat(over).hasSize(1);
    }

    @Test
    void tellsOnceOfAVmThatIsExpectedNoMore() {
        expectations.begin(ALPHA, WEB1);

        expectations.end(ALPHA, WEB1);
        expectations.end(ALPHA, WEB1);
        clock.advance(Duration.ofMinutes(1));

        assertThat(isExpected()).isFalse();
        assertThat(over).hasSize(1);
    }
}
