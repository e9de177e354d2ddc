// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.concurrent.testing.FakeScheduler;

final class HangingConnectsTest {
    private static final HostName HOST = new HostName("a");
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final FakeScheduler time = new FakeScheduler();
    private final HangingConnects hanging = new HangingConnects(time);

    private Duration pause() {
        return hanging.pause(HOST, DEADLINE);
    }

    @Test
    void thePauseBeforeTheNextConnectDoublesUpToAnHour() {
        assertThat(pause()).isZero();
        hanging.add(HOST);
        assertThat(pause()).isEqualTo(DEADLINE);
        time.advance(DEADLINE);
        assertThat(pause()).isZero();
        hanging.add(HOST);
        hanging.add(HOST);
        assertThat(pause()).isEqualTo(DEADLINE.multipliedBy(4));
        for (int i = 3; i < HangingConnects.MAX; i++) {
            hanging.add(HOST);
        }
        assertThat(pause()).isEqualTo(Duration.ofHours(1));
        assertThat(hanging.pause(new HostName("b"), DEADLINE)).isZero();
    }

    @Test
    void aHostWhoseConnectsHaveReturnedIsCalledAtOnce() {
        hanging.add(HOST);
        hanging.add(HOST);
        hanging.remove(HOST);
        assertThat(hanging.connects(HOST)).isEqualTo(1);
        assertThat(pause()).isEqualTo(DEADLINE);
        hanging.remove(HOST);

        assertThat(hanging.connects(HOST)).isZero();
        assertThat(pause()).isZero();
    }
}
