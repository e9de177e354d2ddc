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
    void deliversAnEventToTheOtherConsumersAfterOneFailed() {
        try (LibvirtEventQueue queue = new LibvirtEventQueue(new HostName("a"))) {
            List<HostEvent> delivered = new CopyOnWriteArrayList<>();
            queue.subscribe(event -> {
                throw new StackOverflowError("from the test");
            });
            queue.subscribe(delivered::add);

            queue.publish(STARTED);
            queue.publish(STARTED);

            await().until(() -> delivered.size() == 2);
        }
    }

    @Test
    void notifiesTheOtherListenersOfAChangeAfterOneFailed() {
        ChangeNotifier changeNotifier = new ChangeNotifier("networks");
        AtomicInteger calls = new AtomicInteger();
        changeNotifier.listen(() -> {
            throw new StackOverflowError("from the test");
        });
        changeNotifier.listen(calls::incrementAndGet);

        changeNotifier.notifyListeners();

        assertThat(calls).hasValue(1);
    }
}
