// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;

class RecordedEventsTest {
    private static final VmName WEB = new VmName("web1");
    private static final VmName DB = new VmName("db1");

    private final AtomicReference<Consumer<HostEvent>> host = new AtomicReference<>();
    private RecordedEvents recorded;
    private String epoch;

    @BeforeEach
    void record() throws InterruptedException {
        Host served = mock(Host.class);
        when(served.subscribe(any())).thenAnswer(call -> {
            host.set(call.getArgument(0));
            return (Subscription) () -> host.set(null);
        });
        recorded = new RecordedEvents(served);
        epoch = recorded.after("", 0, Duration.ZERO).epoch();
    }

    @AfterEach
    void close() {
        recorded.close();
    }

    private static HostEvent event(VmName vm, int number) {
        return new HostEvent.Paused(vm, Instant.ofEpochSecond(number));
    }

    private void send(VmName vm, int from, int to) {
        IntStream.range(from, to).forEach(number -> host.get().accept(event(vm, number)));
    }

    private List<HostEvent> after(long position) throws InterruptedException {
        return recorded.after(epoch, position, Duration.ZERO).events();
    }

    @Test
    void replacesDroppedEventsByOneForEachVm() throws InterruptedException {
        send(DB, 0, 2);
        send(WEB, 2, 5);
        send(WEB, 5, 5 + RecordedEvents.KEPT);

        assertThat(after(0))
                .hasSize(2 + RecordedEvents.KEPT)
                .startsWith(
                        new HostEvent.EventsMissed(DB, Instant.ofEpochSecond(1)),
                        new HostEvent.EventsMissed(WEB, Instant.ofEpochSecond(4)),
                        event(WEB, 5));
    }

    @Test
    void beginsANewEpochInsteadOfRememberingAnyNumberOfVms() throws InterruptedException {
        for (int i = 0; i < RecordedEvents.MOST_VMS + RecordedEvents.KEPT; i++) {
            send(new VmName("vm" + i), i, i + 1);
        }
        assertThat(recorded.after(epoch, 0, Duration.ZERO).epoch()).isEqualTo(epoch);

        send(WEB, 0, 1);

        RecordedEvents.Page page = recorded.after(epoch, 0, Duration.ZERO);
        assertThat(page.epoch()).isNotEqualTo(epoch);
        assertThat(page.events()).isEmpty();
        assertThat(recorded.after(page.epoch(), page.next() - 1, Duration.ZERO).events())
                .containsExactly(event(WEB, 0));
    }

    @Test
    void reportsNoMissedEventsToAPeerThatHasReadThem() throws InterruptedException {
        send(DB, 0, 2);
        send(WEB, 2, 5 + RecordedEvents.KEPT);

        assertThat(after(5)).hasSize(RecordedEvents.KEPT).startsWith(event(WEB, 5));
        assertThat(after(4)).startsWith(new HostEvent.EventsMissed(WEB, Instant.ofEpochSecond(4)), event(WEB, 5));
    }
}
