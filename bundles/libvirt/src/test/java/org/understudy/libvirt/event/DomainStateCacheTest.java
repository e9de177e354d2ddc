// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;

final class DomainStateCacheTest {
    private static final Instant NOW = Instant.EPOCH;
    private static final VmName WEB = new VmName("web1");
    private static final VmName DB = new VmName("db1");

    private final DomainStateCache states = new DomainStateCache();

    private static HostedVm vm(VmName name, VmState state) {
        return new HostedVm(name, new UUID(0, 1), state, "");
    }

    @Test
    void returnsTheStateChangeOfEachVm() {
        states.differences(List.of(vm(WEB, VmState.RUNNING), vm(DB, VmState.SHUTOFF)), NOW);

        assertThat(states.differences(List.of(vm(WEB, VmState.PAUSED), vm(DB, VmState.RUNNING)), NOW))
                .containsExactly(
                        new HostEvent.Started(DB, NOW),
                        new HostEvent.EventsMissed(DB, NOW),
                        new HostEvent.Paused(WEB, NOW),
                        new HostEvent.EventsMissed(WEB, NOW));
        assertThat(states.differences(List.of(), NOW))
                .hasAtLeastOneElementOfType(HostEvent.Stopped.class)
                .extracting(HostEvent::vm)
                .contains(WEB, DB);
    }

    @Test
    void doesNotRepeatAChangeThatAnEventReported() {
        states.differences(List.of(vm(WEB, VmState.RUNNING)), NOW);
        states.update(new HostEvent.Stopped(WEB, NOW, "destroyed"));

        assertThat(states.differences(List.of(vm(WEB, VmState.SHUTOFF)), NOW))
                .containsExactly(new HostEvent.EventsMissed(WEB, NOW));
    }

    @Test
    void doesNotCountAnIncomingVmAsStarted() {
        states.differences(List.of(), NOW);

        assertThat(states.differences(List.of(vm(WEB, VmState.INCOMING)), NOW))
                .containsExactly(new HostEvent.EventsMissed(WEB, NOW));
    }
}
