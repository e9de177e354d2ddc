// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

final class LibvirtEventQueueTest {
    private static final HostEvent STARTED = new HostEvent.Started(new VmName("web1"), Instant.EPOCH);

    @Test
    void deliversToTheOtherConsumersWhatOneOfThemFailsOn() {
        try (LibvirtEventQueue events = new LibvirtEventQueue(new HostName("a"))) {
            List<HostEvent> heard = new CopyOnWriteArrayList<>();
            events.subscribe(event -> {
                throw new StackOverflowError("from the test");
            });
            events.subscribe(heard::add);

            events.publish(STARTED);
            events.publish(STARTED);

            await().until(() -> heard.size() == 2);
        }
    }

    @Test
    void tellsTheOtherListenersOfAChangeWhatOneOfThemFailsOn() {
        ChangeNotifier changeNotifier = new ChangeNotifier("networks");
        AtomicInteger told = new AtomicInteger();
        changeNotifier.listen(() -> {
            throw new StackOverflowError("from the test");
        });
        changeNotifier.listen(told::incrementAndGet);

        changeNotifier.notifyListeners();

        assertThat(told).hasValue(1);
    }
}
