// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.atLeastOnce;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.Migrations;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmInventory;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.concurrent.testing.FakeTime;
import org.understudy.web.EventStream.Event;

class EventHubTest {
    private static final VmInventory NO_VMS = new VmInventory(List.of(), List.of());
    private static final Duration LONG = Duration.ofSeconds(20);
    private final Policies policies = mock(Policies.class);
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Migrations migrations = mock(Migrations.class);
    private final Subscription subscription = mock(Subscription.class);
    private final Pairs pairs = mock(Pairs.class);
    private final CountDownLatch release = new CountDownLatch(1);
    private final FakeScheduler time = new FakeScheduler();
    private EventHub hub;

    @BeforeEach
    void start() {
        when(vms.list()).thenReturn(NO_VMS);
        when(migrations.listen(any())).thenReturn(subscription);
        when(pairs.listen(any())).thenReturn(mock(Subscription.class));
        hub = new EventHub(Exchange.VIEW, policies, vms, pairs, migrations, time);
    }

    /** For tests in which a call hangs until {@link #release}. */
    private FakeTime startOnRealThreads() {
        hub.deactivate();
        FakeTime realThreads = new FakeTime();
        hub = new EventHub(Exchange.VIEW, policies, vms, pairs, migrations, realThreads);
        return realThreads;
    }

    private static List<HostView> host() {
        return List.of(new HostView(new HostName("alpha"), "qemu", true, "", List.of()));
    }

    private static void drain(EventStream stream) throws InterruptedException {
        while (stream.next(Duration.ZERO).isPresent()) {
            // The next one follows.
        }
    }

    @AfterEach
    void stop() {
        release.countDown();
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
        EventStream stream = hub.open();
        drain(stream);
        when(vms.hosts()).thenReturn(host());

        time.advance(Duration.ofSeconds(1));

        assertThat(stream.next(LONG)).hasValueSatisfying(event -> {
            assertThat(event.type()).isEqualTo("hosts");
            assertThat(event.json()).contains("alpha");
        });
        assertThat(stream.next(Duration.ZERO)).isEmpty();
    }

    @Test
    void publishesTheFindingsOfAConfigurationThatIsNotInForce() throws Exception {
        EventStream stream = hub.open();
        drain(stream);
        when(policies.findings())
                .thenReturn(List.of(Finding.of(
                        FindingCode.CONFIGURATION_REJECTED,
                        "file understudy.yaml",
                        "understudy.yaml, line 1: the file has no keys",
                        "Complete the file.")));

        time.advance(Duration.ofSeconds(1));

        assertThat(stream.next(LONG)).hasValueSatisfying(event -> {
            assertThat(event.type()).isEqualTo("configuration");
            assertThat(event.json()).contains("line 1");
        });
    }

    @Test
    void continuesPollingAfterAnError() throws Exception {
        EventStream stream = hub.open();
        drain(stream);
        AtomicInteger polls = new AtomicInteger();
        when(vms.hosts()).thenAnswer(call -> {
            if (polls.incrementAndGet() < 3) {
                throw new NoClassDefFoundError("from the test");
            }
            return host();
        });

        time.advance(Duration.ofSeconds(2));
        assertThat(stream.next(Duration.ZERO)).isEmpty();
        time.advance(Duration.ofSeconds(1));

        assertThat(stream.next(LONG)).map(Event::type).contains("hosts");
    }

    @Test
    void publishesHostsWhileTheListOfVmsHangs() throws Exception {
        when(vms.hosts()).thenReturn(host());
        when(vms.list()).thenAnswer(call -> {
            release.await();
            return NO_VMS;
        });
        startOnRealThreads();

        EventStream stream = hub.open();

        assertThat(List.of(type(stream), type(stream), type(stream)))
                .containsExactlyInAnyOrder("configuration", "hosts", "migrations");
        release.countDown();
        assertThat(type(stream)).isEqualTo("vms");
    }

    @Test
    void pollsOnceAfterManyChangesDuringAPoll() throws Exception {
        AtomicInteger reads = new AtomicInteger();
        CountDownLatch polled = new CountDownLatch(2);
        when(vms.list()).thenAnswer(call -> {
            polled.countDown();
            if (reads.incrementAndGet() == 2) {
                release.await();
            }
            return NO_VMS;
        });
        FakeTime realThreads = startOnRealThreads();
        hub.open();
        await().until(() -> reads.get() == 1);

        realThreads.advance(Duration.ofSeconds(1));
        assertThat(polled.await(20, TimeUnit.SECONDS)).isTrue();
        realThreads.advance(Duration.ofSeconds(20));
        EventStream last = hub.open();
        release.countDown();

        // The state of the last stream is read after all polls.
        assertThat(List.of(type(last), type(last), type(last), type(last))).contains("vms");
        assertThat(reads).hasValue(4);
    }

    @Test
    void sendsAChangeOfAMigrationAfterAnOlderListOfThem() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        when(migrations.list()).thenAnswer(call -> {
            reading.countDown();
            return awaitRelease();
        });
        startOnRealThreads();
        ArgumentCaptor<Consumer<Migration>> listener = captor();
        verify(migrations, atLeastOnce()).listen(listener.capture());
        EventStream stream = hub.open();
        assertThat(List.of(type(stream), type(stream), type(stream)))
                .containsExactlyInAnyOrder("configuration", "hosts", "vms");
        assertThat(reading.await(20, TimeUnit.SECONDS)).isTrue();

        Migration changed = mock(Migration.class);
        when(changed.id()).thenReturn(new MigrationId("m-1"));
        listener.getValue().accept(changed);
        release.countDown();

        assertThat(List.of(type(stream), type(stream))).containsExactly("migrations", "migration");
    }

    @Test
    void closesANewStreamWhoseStateCannotBeRead() {
        when(vms.list()).thenThrow(new NoClassDefFoundError("from the test"));

        assertThat(hub.open().isClosed()).isTrue();
    }

    private static String type(EventStream stream) throws InterruptedException {
        return stream.next(LONG).map(Event::type).orElse("");
    }

    private <T> List<T> awaitRelease() throws InterruptedException {
        release.await();
        return List.of();
    }

    @SuppressWarnings("unchecked")
    private static ArgumentCaptor<Consumer<Migration>> captor() {
        return ArgumentCaptor.forClass(Consumer.class);
    }

    @Test
    void closesEveryStreamAndSubscriptionOnDeactivation() {
        EventStream stream = hub.open();

        hub.deactivate();

        assertThat(stream.isClosed()).isTrue();
        verify(subscription).close();
    }
}
