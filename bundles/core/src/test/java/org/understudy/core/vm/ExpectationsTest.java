// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;

class ExpectationsTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final HostName ALPHA = new HostName("alpha");
    private final ScheduledExecutorService clock = mock(ScheduledExecutorService.class);
    private final List<Runnable> later = new ArrayList<>();
    private final List<HostName> over = new ArrayList<>();
    private final Expectations expectations = new Expectations(clock, Duration.ofMinutes(1), over::add);

    @BeforeEach
    void keepTheClockStill() {
        doAnswer(call -> {
                    later.add(call.getArgument(0));
                    return null;
                })
                .when(clock)
                .schedule(any(Runnable.class), anyLong(), any());
        doAnswer(call -> {
                    call.<Runnable>getArgument(0).run();
                    return null;
                })
                .when(clock)
                .execute(any());
    }

    private boolean isExpected() {
        return expectations.has(ALPHA, WEB1);
    }

    @Test
    void expectsAVmOnOneHostUntilItsTimeIsUp() {
        expectations.begin(ALPHA, WEB1);

        assertThat(isExpected()).isTrue();
        assertThat(expectations.has(new HostName("beta"), WEB1)).isFalse();
        later.get(0).run();
        assertThat(isExpected()).isFalse();
        assertThat(over).containsExactly(ALPHA);
    }

    @Test
    void givesAVmThatIsExpectedAgainItsWholeTime() {
        expectations.begin(ALPHA, WEB1);
        expectations.begin(ALPHA, WEB1);

        later.get(0).run();
        assertThat(isExpected()).isTrue();
        later.get(1).run();
        assertThat(isExpected()).isFalse();
        assertThat(over).hasSize(1);
    }

    @Test
    void tellsOnceOfAVmThatIsExpectedNoMore() {
        expectations.begin(ALPHA, WEB1);

        expectations.end(ALPHA, WEB1);
        expectations.end(ALPHA, WEB1);
        later.get(0).run();

        assertThat(isExpected()).isFalse();
        assertThat(over).hasSize(1);
    }
}
