// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;

class LanesTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final HostName BETA = new HostName("beta");

    private final Lanes lanes = new Lanes("lanes-test");
    private final List<Integer> done = new CopyOnWriteArrayList<>();
    private final CountDownLatch hanging = new CountDownLatch(1);

    @AfterEach
    void close() {
        hanging.countDown();
        lanes.close();
    }

    private void hang() {
        try {
            hanging.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void worksInOrderForAHost() {
        List<Integer> numbers = IntStream.range(0, 500).boxed().toList();

        numbers.forEach(n -> lanes.run(ALPHA, () -> done.add(n)));

        await().untilAsserted(() -> assertThat(done).isEqualTo(numbers));
    }

    @Test
    void goesOnForOthersWhileAHostHangs() {
        lanes.run(ALPHA, this::hang);
        lanes.run(ALPHA, () -> done.add(1));

        lanes.run(BETA, () -> done.add(2));

        await().untilAsserted(() -> assertThat(done).containsExactly(2));
        hanging.countDown();
        await().untilAsserted(() -> assertThat(done).containsExactly(2, 1));
    }

    @Test
    void waitsForADelay() {
        lanes.schedule(ALPHA, Duration.ofMillis(200), () -> done.add(1));
        lanes.run(ALPHA, () -> done.add(2));

        await().untilAsserted(() -> assertThat(done).containsExactly(2, 1));
    }

    @Test
    void goesOnAfterADefect() {
        lanes.run(ALPHA, () -> {
            throw new IllegalStateException("a defect");
        });
        lanes.run(ALPHA, () -> done.add(1));

        await().untilAsserted(() -> assertThat(done).containsExactly(1));
    }

    @Test
    void doesNothingMoreOnceItIsClosed() {
        lanes.close();

        lanes.run(ALPHA, () -> done.add(1));
        lanes.schedule(ALPHA, Duration.ZERO, () -> done.add(2));

        await().during(Duration.ofMillis(200)).until(done::isEmpty);
    }
}
