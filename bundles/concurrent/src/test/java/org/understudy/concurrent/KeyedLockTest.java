// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

class KeyedLockTest {
    private final KeyedLock<String> lock = new KeyedLock<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private final List<String> done = new CopyOnWriteArrayList<>();

    private Thread waiting(String key, String work) {
        Thread thread = new Thread(() -> lock.call(key, () -> done.add(work)));
        thread.start();
        return thread;
    }

    private CompletableFuture<Boolean> holding(String key) {
        CompletableFuture<Boolean> held = new CompletableFuture<>();
        new Thread(() -> lock.call(key, () -> {
                    held.complete(true);
                    try {
                        released.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return done.add("first");
                }))
                .start();
        return held;
    }

    @Test
    void runsWorkOfOneKeyInOrderAndOfAnotherInParallel() {
        holding("a").join();
        for (String work : List.of("second", "third", "fourth")) {
            Thread thread = waiting("a", work);
            await().until(() -> thread.getState() == Thread.State.WAITING);
        }

        lock.call("b", () -> done.add("other"));

        assertThat(done).containsExactly("other");
        released.countDown();
        await().untilAsserted(() -> assertThat(done).containsExactly("other", "first", "second", "third", "fourth"));
    }

    @Test
    void removesUnusedLocks() {
        assertThat(lock.call("a", () -> "answer")).isEqualTo("answer");
        assertThatThrownBy(() -> lock.call("b", () -> {
                    throw new IllegalStateException("a defect");
                }))
                .hasMessage("a defect");

        assertThat(lock.size()).isZero();
    }

    @Test
    void stopsWaitingWhenItsThreadIsInterrupted() {
        holding("a").join();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread second = new Thread(() -> {
            try {
                lock.call("a", () -> done.add("second"));
            } catch (UnderstudyException e) {
                thrown.set(e);
            }
        });
        second.start();
        await().until(() -> second.getState() == Thread.State.WAITING);

        second.interrupt();

        await().untilAsserted(() -> assertThat(thrown.get())
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED)));
        assertThat(lock.size()).isEqualTo(1);
        released.countDown();
        await().until(() -> lock.size() == 0);
        assertThat(done).containsExactly("first");
    }
}
