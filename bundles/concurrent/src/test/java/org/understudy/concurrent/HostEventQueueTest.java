// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

class HostEventQueueTest {
    private static final HostName HOST = new HostName("alpha");
    private static final VmName WEB = new VmName("web1");
    private static final VmName DB = new VmName("db1");
    private static final VmName LATE = new VmName("late1");

    private final List<HostEvent> got = new CopyOnWriteArrayList<>();
    private final List<Runnable> threads = new ArrayList<>();
    private final HostEventQueue queue = new HostEventQueue(HOST, threads::add);

    private static HostEvent event(VmName vm, int number) {
        return new HostEvent.Paused(vm, Instant.ofEpochSecond(number));
    }

    private void runThreads() {
        while (!threads.isEmpty()) {
            threads.remove(0).run();
        }
    }

    @Test
    void replacesEventsThatDoNotFitByOneForEachVm() {
        List<HostEvent> delivered = new ArrayList<>();
        queue.subscribe(delivered::add);

        for (int i = 0; i < 1_000_000; i++) {
            queue.publish(event(i % 2 == 0 ? WEB : DB, i));
        }

        assertThat(queue.waiting()).isEqualTo(HostEventQueue.LIMIT + 2);
        runThreads();
        assertThat(delivered.subList(0, HostEventQueue.LIMIT))
                .isEqualTo(IntStream.range(0, HostEventQueue.LIMIT)
                        .mapToObj(i -> event(i % 2 == 0 ? WEB : DB, i))
                        .toList());
        assertThat(delivered.subList(HostEventQueue.LIMIT, delivered.size()))
                .containsExactly(
                        new HostEvent.EventsMissed(WEB, Instant.ofEpochSecond(999_998)),
                        new HostEvent.EventsMissed(DB, Instant.ofEpochSecond(999_999)));
    }

    @Test
    void countsMissedEventsByHost() {
        HostName counted = new HostName("counted");
        HostEventQueue other = new HostEventQueue(counted, Runnable::run);

        other.publish(new HostEvent.EventsMissed(WEB, Instant.EPOCH));
        other.publish(event(WEB, 1));
        other.publish(new HostEvent.EventsMissed(DB, Instant.EPOCH));

        assertThat(Occurrences.EVENTS_MISSED.all()).containsEntry("counted", 2L);
    }

    @Test
    void reportsMissedEventsBeforeLaterEventsOfTheVm() {
        queue.subscribe(got::add);
        for (int i = 0; i < HostEventQueue.LIMIT; i++) {
            queue.publish(event(WEB, i));
        }
        queue.publish(event(LATE, 1));
        runThreads();

        queue.publish(event(LATE, 2));
        runThreads();

        assertThat(got)
                .filteredOn(e -> e.vm().equals(LATE))
                .containsExactly(new HostEvent.EventsMissed(LATE, Instant.ofEpochSecond(1)), event(LATE, 2));
    }

    @Test
    void reportsMissedEventsOfASecondOverflowAfterTheEventsBeforeIt() {
        queue.subscribe(e -> {
            got.add(e);
            if (got.size() == 2) {
                queue.publish(event(LATE, 2));
                queue.publish(event(LATE, 3));
            }
        });
        for (int i = 0; i < HostEventQueue.LIMIT; i++) {
            queue.publish(event(WEB, i));
        }
        queue.publish(event(LATE, 1));

        runThreads();

        assertThat(got)
                .filteredOn(e -> e.vm().equals(LATE))
                .containsExactly(event(LATE, 2), new HostEvent.EventsMissed(LATE, Instant.ofEpochSecond(3)));
    }

    @Test
    void deliversToOtherConsumersAfterOneFailed() {
        queue.subscribe(e -> {
            throw new StackOverflowError("from the test");
        });
        queue.subscribe(got::add);

        queue.publish(event(WEB, 1));
        queue.publish(event(WEB, 2));
        runThreads();

        assertThat(got).containsExactly(event(WEB, 1), event(WEB, 2));
    }

    @Test
    void deliversNothingAfterClose() {
        queue.subscribe(e -> {
            got.add(e);
            queue.close();
        });
        queue.publish(event(WEB, 1));
        queue.publish(event(WEB, 2));

        runThreads();
        queue.publish(event(WEB, 3));
        runThreads();

        assertThat(got).containsExactly(event(WEB, 1));
    }

    @Test
    void hostThatIsNotReadDelaysNoOther() {
        CountDownLatch leave = new CountDownLatch(1);
        ExecutorService pool = SystemScheduler.process().pool("test");
        try (HostEventQueue hanging = new HostEventQueue(HOST, pool);
                HostEventQueue other = new HostEventQueue(new HostName("beta"), pool)) {
            hanging.subscribe(e -> {
                try {
                    leave.await();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            });
            other.subscribe(got::add);

            hanging.publish(event(WEB, 1));
            other.publish(event(DB, 1));
            other.publish(event(DB, 2));

            await().untilAsserted(() -> assertThat(got).containsExactly(event(DB, 1), event(DB, 2)));
        } finally {
            leave.countDown();
            pool.shutdown();
        }
    }
}
