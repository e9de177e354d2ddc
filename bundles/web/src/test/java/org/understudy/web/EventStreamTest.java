// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.understudy.json.RecordJson;

class EventStreamTest {
    private final EventLog log = new EventLog(new RecordJson(), "run");
    private final EventStream stream =
            new EventStream("ann", new EventFilter(EnumSet.allOf(EventKind.class), Optional.empty()));

    private void offer(EventKind kind, String key, long revision) {
        stream.offer(log.add(
                new Event(kind, key, revision, Optional.of(List.of()), Optional.<UUID>empty(), Optional.empty())));
    }

    private String next() {
        return stream.poll()
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .orElse("");
    }

    @Test
    void deliversTheNewestOfSeveralEventsOfTheSameObject() {
        offer(EventKind.VM, "a", 1);
        offer(EventKind.HOST, "a", 2);
        offer(EventKind.VM, "a", 3);

        assertThat(next()).isEqualTo("id: run-2\nevent: host\ndata: {\"key\":\"a\",\"revision\":2,\"value\":[]}\n\n");
        assertThat(next()).contains("event: vm", "\"revision\":3");
        assertThat(next()).isEmpty();
    }

    @Test
    void closesTheStreamOfAClientThatFallsTooFarBehindAndDropsItsEvents() {
        for (int i = 0; i <= EventStream.MAX_QUEUED; i++) {
            assertThat(stream.isClosed()).isFalse();
            offer(EventKind.MIGRATION, "m-" + i, 1);
        }
        offer(EventKind.VM, "a", 1);

        assertThat(stream.isClosed()).isTrue();
        assertThat(next()).isEmpty();
    }

    @Test
    void notifiesItsReaderOfAnEventAndOfTheEnd() {
        AtomicInteger notified = new AtomicInteger();
        stream.onChange(notified::incrementAndGet);

        offer(EventKind.VM, "a", 1);
        assertThat(notified).hasValue(1);
        stream.close();
        assertThat(notified).hasValue(2);
        assertThat(stream.isClosed()).isTrue();
    }

    @Test
    void dropsChangesThatAreInTheStateAlready() {
        offer(EventKind.VM, "a", 4);
        offer(EventKind.VM, "b", 6);
        offer(EventKind.MIGRATION, "m-1", 4);
        stream.begin(List.<byte[]>of().iterator(), 5, Map.of("MIGRATION m-1", 4L));
        offer(EventKind.MIGRATION, "m-1", 4);
        offer(EventKind.MIGRATION, "m-1", 5);

        assertThat(next()).contains("\"key\":\"b\"");
        assertThat(next()).contains("\"key\":\"m-1\"", "\"revision\":5");
        assertThat(next()).isEmpty();
    }

    @Test
    void sendsASignOfLifeWithTheLastIdOnlyIfNothingElseIsQueued() {
        stream.keepAlive("run-7");
        assertThat(next()).isEqualTo("id: run-7\n: keep-alive\n\n");

        offer(EventKind.VM, "a", 1);
        stream.keepAlive("run-8");
        assertThat(next()).contains("event: vm");
        assertThat(next()).isEmpty();
    }
}
