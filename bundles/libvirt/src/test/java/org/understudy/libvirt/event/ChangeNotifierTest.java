// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ChangeNotifierTest {
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
