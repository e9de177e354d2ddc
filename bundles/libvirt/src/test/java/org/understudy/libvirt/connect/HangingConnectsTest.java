// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.understudy.concurrent.testing.FakeScheduler;

final class HangingConnectsTest {
    private static final String URI = "qemu+ssh://a/system";
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final FakeScheduler time = new FakeScheduler();
    private final HangingConnects hanging = new HangingConnects(time);

    private Duration pause() {
        return hanging.pause(URI, DEADLINE);
    }

    @Test
    void thePauseBeforeTheNextConnectDoublesUpToAnHour() {
        assertThat(pause()).isZero();
        hanging.add(URI);
        assertThat(pause()).isEqualTo(DEADLINE);
        time.advance(DEADLINE);
        assertThat(pause()).isZero();
        hanging.add(URI);
        hanging.add(URI);
        assertThat(pause()).isEqualTo(DEADLINE.multipliedBy(4));
        for (int i = 3; i < HangingConnects.MAX; i++) {
            hanging.add(URI);
        }
        assertThat(pause()).isEqualTo(Duration.ofHours(1));
        assertThat(hanging.pause("qemu+ssh://b/system", DEADLINE)).isZero();
    }

    /** The others may never return. */
    @Test
    void aUriIsCalledAtOnceWhenOneOfItsConnectsHasReturned() {
        hanging.add(URI);
        hanging.add(URI);
        hanging.add(URI);
        hanging.remove(URI);
        assertThat(hanging.connects(URI)).isEqualTo(2);
        assertThat(pause()).isZero();
        hanging.add(URI);
        assertThat(pause()).isEqualTo(DEADLINE);
        hanging.remove(URI);
        hanging.remove(URI);
        hanging.remove(URI);

        assertThat(hanging.connects(URI)).isZero();
        assertThat(pause()).isZero();
    }
}
