// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;

class RetriesTest {
    private static final HostName ALPHA = new HostName("alpha");

    private final Lanes lanes = mock(Lanes.class);
    private final List<Long> pauses = new ArrayList<>();
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private final List<HostName> looks = new ArrayList<>();
    private final Retries<HostName> retries =
            new Retries<>(lanes, Function.identity(), Duration.ofSeconds(2), this::look);
    private boolean refusing = true;

    @BeforeEach
    void record() {
        doAnswer(call -> {
                    waiting.add(call.getArgument(2));
                    pauses.add(call.<Duration>getArgument(1).toSeconds());
                    return null;
                })
                .when(lanes)
                .schedule(eq(ALPHA), any(), any());
    }

    private void look(HostName host) {
        looks.add(host);
        if (refusing) {
            retries.refused(host);
        }
    }

    @Test
    void pausesGrowUpToALongestOne() {
        retries.refused(ALPHA);
        for (int i = 0; i < 9; i++) {
            waiting.remove().run();
        }

        assertThat(pauses).containsExactly(2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 300L, 300L);
    }

    @Test
    void tellsWhetherALookIsWaitedFor() {
        refusing = false;
        retries.refused(ALPHA);
        boolean before = retries.isWaiting(ALPHA);

        waiting.remove().run();

        assertThat(before).isTrue();
        assertThat(retries.isWaiting(ALPHA)).isFalse();
    }

    @Test
    void manyRefusalsAreOneLook() {
        retries.refused(ALPHA);
        retries.refused(ALPHA);
        refusing = false;
        waiting.remove().run();

        assertThat(looks).containsExactly(ALPHA);
        assertThat(waiting).isEmpty();
    }

    @Test
    void pauseIsShortAgainOnceNothingIsRefused() {
        retries.refused(ALPHA);
        waiting.remove().run();
        refusing = false;
        waiting.remove().run();
        retries.refused(ALPHA);

        assertThat(pauses).containsExactly(2L, 4L, 2L);
    }
}
