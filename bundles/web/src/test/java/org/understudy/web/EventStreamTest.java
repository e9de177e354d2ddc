// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.understudy.web.EventStream.Event;

class EventStreamTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private final EventStream stream = new EventStream();

    @Test
    void deliversTheNewestOfSeveralEventsWithTheSameKey() throws Exception {
        stream.offer(new Event("vms", "vms", "1"));
        stream.offer(new Event("hosts", "hosts", "2"));
        stream.offer(new Event("vms", "vms", "3"));

        assertThat(stream.next(LONG)).map(Event::json).contains("2");
        assertThat(stream.next(LONG)).map(Event::json).contains("3");
        assertThat(stream.next(Duration.ZERO)).isEmpty();
    }

    @Test
    void closesTheStreamOfAClientThatFallsTooFarBehindAndDropsItsEvents() throws Exception {
        for (int i = 0; i <= EventStream.MAX_QUEUED; i++) {
            assertThat(stream.isClosed()).isFalse();
            stream.offer(new Event("migration/" + i, "migration", "1"));
        }
        stream.offer(new Event("vms", "vms", "1"));

        assertThat(stream.isClosed()).isTrue();
        assertThat(stream.next(LONG)).isEmpty();
    }

    @Test
    void wakesAWaitingReaderForAnEventAndForTheEnd() throws Exception {
        CompletableFuture<Optional<Event>> event = waiting();
        stream.offer(new Event("vms", "vms", "1"));
        assertThat(event.get(10, TimeUnit.SECONDS)).isPresent();

        CompletableFuture<Optional<Event>> end = waiting();
        stream.close();
        assertThat(end.get(10, TimeUnit.SECONDS)).isEmpty();
        assertThat(stream.isClosed()).isTrue();
    }

    private CompletableFuture<Optional<Event>> waiting() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return stream.next(LONG);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }
}
