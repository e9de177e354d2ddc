// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.core.watch.Lanes;

class ExpectationsTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final HostName ALPHA = new HostName("alpha");
    private final Lanes lanes = mock(Lanes.class);
    private final List<Runnable> later = new ArrayList<>();
    private final List<HostName> over = new ArrayList<>();
    private final Expectations expectations = new Expectations(lanes, Duration.ofMinutes(1), over::add);

    @BeforeEach
    void keepTheClockStill() {
        doAnswer(call -> {
                    later.add(call.getArgument(2));
                    return null;
                })
                .when(lanes)
                .schedule(any(), any(), any());
        doAnswer(call -> {
                    call.<Runnable>getArgument(1).run();
                    return null;
                })
                .when(lanes)
                .run(any(), any());
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
