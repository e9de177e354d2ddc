// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Migrations;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.VirtualMachines;
import org.understudy.web.EventStream.Event;

class EventHubTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private final Policies policies = mock(Policies.class);
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Migrations migrations = mock(Migrations.class);
    private final Subscription subscription = mock(Subscription.class);
    private EventHub hub;

    @BeforeEach
    void start() {
        start(LONG.toMillis());
    }

    private void startPolling() {
        hub.deactivate();
        start(5);
    }

    private void start(long pollMillis) {
        Pairs pairs = mock(Pairs.class);
        when(migrations.listen(any())).thenReturn(subscription);
        when(pairs.listen(any())).thenReturn(mock(Subscription.class));
        hub = new EventHub(Exchange.VIEW, policies, vms, pairs, migrations, pollMillis);
    }

    @AfterEach
    void stop() {
        hub.deactivate();
    }

    @Test
    void beginsAStreamWithTheCurrentState() throws Exception {
        EventStream stream = hub.open();

        List<String> types = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            types.add(stream.next(LONG).map(Event::type).orElse(""));
        }

        assertThat(types).containsExactlyInAnyOrder("configuration", "hosts", "vms", "migrations");
    }

    @Test
    void publishesAChangeOfAHostThatSendsNoNotification() throws Exception {
        startPolling();
        EventStream stream = hub.open();
        when(vms.hosts()).thenReturn(List.of(new HostView(new HostName("alpha"), "qemu", true, "", List.of())));

        Optional<Event> event = stream.next(LONG);
        while (event.isPresent() && !event.get().json().contains("alpha")) {
            event = stream.next(LONG);
        }

        assertThat(event).map(Event::type).contains("hosts");
    }

    @Test
    void publishesTheFindingsOfAConfigurationThatIsNotInForce() throws Exception {
        startPolling();
        EventStream stream = hub.open();
        when(policies.findings())
                .thenReturn(List.of(Finding.of(
                        FindingCode.CONFIGURATION_REJECTED,
                        "file understudy.yaml",
                        "understudy.yaml, line 1: the file has no keys",
                        "Complete the file.")));

        Optional<Event> event = stream.next(LONG);
        while (event.isPresent() && !event.get().json().contains("line 1")) {
            event = stream.next(LONG);
        }

        assertThat(event).map(Event::type).contains("configuration");
    }

    @Test
    void continuesPollingAfterAnError() throws Exception {
        startPolling();
        when(vms.hosts()).thenReturn(List.of());
        EventStream stream = hub.open();
        AtomicInteger polls = new AtomicInteger();
        when(vms.hosts()).thenAnswer(call -> {
            if (polls.incrementAndGet() < 3) {
                throw new NoClassDefFoundError("from the test");
            }
            return List.of(new HostView(new HostName("alpha"), "qemu", true, "", List.of()));
        });

        Optional<Event> event = stream.next(LONG);
        while (event.isPresent() && !event.get().json().contains("alpha")) {
            event = stream.next(LONG);
        }

        assertThat(event).map(Event::type).contains("hosts");
    }

    @Test
    void closesEveryStreamAndSubscriptionOnDeactivation() {
        EventStream stream = hub.open();

        hub.deactivate();

        assertThat(stream.isClosed()).isTrue();
        verify(subscription).close();
    }
}
