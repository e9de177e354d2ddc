// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceSubscriptionTest {
    private final List<String> subscribed = new ArrayList<>();
    private final ServiceSubscription<String> subscription = new ServiceSubscription<>(service -> {
        subscribed.add(service);
        return () -> subscribed.remove(service);
    });

    @Test
    void keepsTheNewServiceWhenTheOldOneIsUnsetLater() {
        subscription.set("old");
        subscription.set("new");
        subscription.unset("old");

        assertThat(subscribed).containsExactly("new");
        assertThat(subscription.service()).contains("new");
    }

    @Test
    void unsubscribesWhenItsServiceIsUnset() {
        subscription.set("old");
        subscription.unset("old");

        assertThat(subscribed).isEmpty();
        assertThat(subscription.service()).isEmpty();
    }
}
