// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.concurrent.Controller.Result;
import org.understudy.concurrent.testing.FakeScheduler;

class ControllerTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final HostName BETA = new HostName("beta");
    private static final Backoff PAUSES = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(5), () -> 0);

    private final FakeScheduler clock = new FakeScheduler();
    private final List<String> worked = new ArrayList<>();
    private Function<String, Result> work = key -> Result.done();
    private final Controller<String> controller = new Controller<>("test", clock, key -> ALPHA, PAUSES, this::work);

    private Result work(String key) {
        worked.add(key);
        return work.apply(key);
    }

    @Test
    void processesAWaitingKeyOnceHoweverOftenItIsAdded() {
        work = key -> {
            if (key.equals("first")) {
                List.of("a", "b", "a", "b").forEach(controller::add);
                assertThat(controller.depth()).isEqualTo(2);
            }
            return Result.done();
        };

        controller.add("first");

        assertThat(worked).containsExactly("first", "a", "b");
        assertThat(controller.depth()).isZero();
    }

    @Test
    void processesAKeyOnceMoreThatIsAddedWhileItIsProcessed() {
        work = key -> {
            if (worked.size() == 1) {
                controller.add("a");
                controller.add("a");
            }
            return Result.done();
        };

        controller.add("a");

        assertThat(worked).containsExactly("a", "a");
    }

    @Test
    void processesADelayedKeyOnceAtTheEarliestTime() {
        controller.addAfter("a", Duration.ofSeconds(5));
        controller.addAfter("a", Duration.ofSeconds(3));
        controller.addAfter("a", Duration.ofSeconds(4));

        clock.advance(Duration.ofMillis(2999));
        assertThat(worked).isEmpty();
        clock.advance(Duration.ofMinutes(1));
        assertThat(worked).containsExactly("a");
    }

    @Test
    void retriesAKeyAfterGrowingPausesUntilItIsDone() {
        work = key -> Result.retry();
        controller.add("a");

        clock.advance(Duration.ofSeconds(2 + 4 + 8));
        assertThat(worked).hasSize(4);
        clock.advance(Duration.ofSeconds(15));
        assertThat(worked).hasSize(4);
        assertThat(controller.failing()).isEqualTo(1);
        assertThat(controller.retries()).isEqualTo(4);

        work = key -> Result.done();
        clock.advance(Duration.ofSeconds(1));
        assertThat(worked).hasSize(5);
        assertThat(controller.failing()).isZero();
        assertThat(clock.timed()).isZero();

        work = key -> Result.retry();
        controller.add("a");
        clock.advance(Duration.ofSeconds(2));
        assertThat(worked).hasSize(7);
    }

    @Test
    void processesAnEventDuringAPauseAtOnceAndKeepsThePause() {
        work = key -> Result.retry();
        controller.add("a");
        assertThat(controller.isPausing("a")).isTrue();

        work = key -> Result.done();
        controller.add("a");
        assertThat(worked).hasSize(2);
        assertThat(controller.isPausing("a")).isTrue();

        clock.advance(Duration.ofSeconds(2));
        assertThat(worked).hasSize(3);
        assertThat(controller.isPausing("a")).isFalse();
    }

    @Test
    void doesNotCountAKeyWithADelayAsFailing() {
        work = key -> worked.size() < 3 ? Result.after(Duration.ofSeconds(10)) : Result.done();
        controller.add("a");

        clock.advance(Duration.ofSeconds(20));

        assertThat(worked).hasSize(3);
        assertThat(controller.retries()).isZero();
    }

    @Test
    void retriesOnlyTheKeyThatThrows() {
        work = key -> {
            if (key.equals("broken") && worked.size() < 3) {
                throw new NoClassDefFoundError("a defect");
            }
            return Result.done();
        };

        controller.add("broken");
        controller.add("a");
        assertThat(worked).containsExactly("broken", "a");

        clock.advance(Duration.ofSeconds(2));
        assertThat(worked).containsExactly("broken", "a", "broken");
        assertThat(controller.failing()).isZero();
    }

    @Test
    void hostThatHangsDelaysNoOther() {
        CountDownLatch leave = new CountDownLatch(1);
        List<HostName> done = new CopyOnWriteArrayList<>();
        try (Controller<HostName> hosts =
                new Controller<>("test", SystemScheduler.process(), Function.identity(), PAUSES, host -> {
                    if (host.equals(ALPHA)) {
                        hang(leave);
                    }
                    done.add(host);
                    return Result.done();
                })) {
            hosts.add(ALPHA);
            hosts.add(BETA);

            await().untilAsserted(() -> assertThat(done).containsExactly(BETA));
            leave.countDown();
            await().untilAsserted(() -> assertThat(done).containsExactly(BETA, ALPHA));
        }
    }

    private static void hang(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void processesNothingAfterClose() {
        work = key -> Result.retry();
        controller.add("a");
        controller.addAfter("b", Duration.ofSeconds(1));
        worked.clear();

        controller.close();
        controller.add("c");
        controller.addAfter("d", Duration.ofSeconds(1));

        clock.advance(Duration.ofHours(1));
        assertThat(worked).isEmpty();
        assertThat(clock.timed()).isZero();
    }
}
