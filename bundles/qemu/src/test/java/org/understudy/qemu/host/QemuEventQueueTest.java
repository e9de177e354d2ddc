// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

final class QemuEventQueueTest {
    private static final HostEvent STARTED = new HostEvent.Started(new VmName("web1"), Instant.EPOCH);

    @Test
    void deliversToOtherConsumersAfterOneFailed() {
        try (QemuEventQueue events = new QemuEventQueue(new HostName("a"))) {
            List<HostEvent> received = new CopyOnWriteArrayList<>();
            events.subscribe(event -> {
                throw new StackOverflowError("from the test");
            });
            events.subscribe(received::add);

            events.publish(STARTED);
            events.publish(STARTED);

            await().until(() -> received.size() == 2);
        }
    }

    @Test
    void ignoresEventsAfterClose() {
        QemuEventQueue events = new QemuEventQueue(new HostName("a"));
        events.close();

        assertThatCode(() -> events.publish(STARTED)).doesNotThrowAnyException();
    }
}
