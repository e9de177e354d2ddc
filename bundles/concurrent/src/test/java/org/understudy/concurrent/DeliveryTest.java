// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.understudy.api.Subscription;
import org.understudy.concurrent.testing.FakeScheduler;

class DeliveryTest {
    private final List<String> got = new CopyOnWriteArrayList<>();

    @Test
    void mergesValuesOfOneKeyWhileTheConsumerIsBusyAndKeepsTheOrder() {
        List<Runnable> threads = new ArrayList<>();
        Delivery<String, String> delivery = new Delivery<>("test", threads::add, (a, b) -> a + b, got::add);

        delivery.put("x", "1");
        delivery.put("y", "2");
        delivery.put("x", "3");
        threads.remove(0).run();
        delivery.put("x", "4");
        threads.remove(0).run();

        assertThat(got).containsExactly("13", "2", "4");
        assertThat(threads).isEmpty();
    }

    @Test
    void deliversALastValueAfterThoseThatWait() {
        List<Runnable> threads = new ArrayList<>();
        Delivery<String, String> delivery = new Delivery<>("test", threads::add, (a, b) -> a + b, got::add);

        delivery.put("x", "1");
        delivery.put("y", "2");
        delivery.putLast("x", "3");
        threads.remove(0).run();

        assertThat(got).containsExactly("2", "13");
    }

    @Test
    void deliversAValueAfterThePoolWasFull() {
        List<Runnable> threads = new ArrayList<>();
        AtomicBoolean full = new AtomicBoolean(true);
        Executor pool = task -> {
            if (full.get()) {
                throw new RejectedExecutionException("full");
            }
            threads.add(task);
        };
        Delivery<String, String> delivery = new Delivery<>("test", pool, (a, b) -> a + b, got::add);

        delivery.put("x", "1");
        full.set(false);
        delivery.put("x", "2");
        threads.remove(0).run();

        assertThat(got).containsExactly("12");
    }

    @Test
    void continuesAfterAnError() {
        EventBroadcaster<Integer, Integer> broadcaster =
                new EventBroadcaster<>("test", new FakeScheduler(), (a, b) -> b);
        broadcaster.add(value -> {
            got.add("a" + value);
            throw new NoClassDefFoundError("a defect");
        });
        broadcaster.add(value -> got.add("b" + value));

        broadcaster.send(1, 1);
        broadcaster.send(2, 2);

        assertThat(got).containsExactly("a1", "b1", "a2", "b2");
    }

    @Test
    void listenerThatHangsDelaysNoOther() {
        CountDownLatch leave = new CountDownLatch(1);
        try (EventBroadcaster<Integer, Integer> broadcaster = new EventBroadcaster<>("test", (a, b) -> b)) {
            broadcaster.add(value -> {
                try {
                    leave.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            broadcaster.add(value -> got.add("b" + value));

            broadcaster.send(1, 1);

            await().untilAsserted(() -> assertThat(got).containsExactly("b1"));
        } finally {
            leave.countDown();
        }
    }

    @Test
    void deliversValuesSentBeforeCloseAndNothingToARemovedListener() {
        List<Runnable> threads = new ArrayList<>();
        Delivery<String, String> ending = new Delivery<>("test", threads::add, (a, b) -> b, got::add);
        Delivery<String, String> left = new Delivery<>("test", threads::add, (a, b) -> b, got::add);
        ending.put("x", "ending");
        left.put("x", "left");

        ending.drainAndClose();
        ((Subscription) left).close();
        ending.put("x", "late");
        threads.forEach(Runnable::run);

        assertThat(got).containsExactly("ending");
    }
}
