// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EventReceiversTest {
    private final EventReceivers<List<String>> receivers = new EventReceivers<>();
    private final List<String> first = new ArrayList<>();
    private final List<String> second = new ArrayList<>();

    @Test
    void anEventReachesTheReceiverOfItsRegistrationAlone() {
        receivers.add(first);
        Pointer registration = receivers.add(second);

        receivers.deliver(registration, received -> received.add("event"));

        assertThat(first).isEmpty();
        assertThat(second).containsExactly("event");
    }

    @Test
    void anEventAfterTheEndOfItsRegistrationIsDropped() {
        Pointer registration = receivers.add(first);
        receivers.remove(registration);

        receivers.deliver(registration, received -> received.add("event"));

        assertThat(first).isEmpty();
    }

    @Test
    void aReceiverWithTwoRegistrationsGetsTheEventsOfTheOtherAfterTheEndOfOne() {
        Pointer former = receivers.add(first);
        Pointer present = receivers.add(first);
        receivers.remove(former);

        receivers.deliver(present, received -> received.add("event"));

        assertThat(first).containsExactly("event");
    }
}
