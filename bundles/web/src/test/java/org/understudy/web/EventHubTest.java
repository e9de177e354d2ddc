// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.JsonView;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.json.RecordJson;
import org.understudy.json.testing.Samples;

class EventHubTest {
    private static final EventFilter ALL = new EventFilter(EnumSet.allOf(EventKind.class), Optional.empty());

    private final Policies policies = mock(Policies.class);
    private final FakeInventory inventory = new FakeInventory();
    private final Migrations migrations = mock(Migrations.class);
    private final Subscription subscription = mock(Subscription.class);
    private final Pairs pairs = mock(Pairs.class);
    private final FakeScheduler time = new FakeScheduler();
    private EventHub hub;

    @BeforeEach
    void start() {
        when(migrations.listen(any())).thenReturn(subscription);
        when(pairs.listen(any())).thenReturn(mock(Subscription.class));
        hub = new EventHub(new RecordJson(), policies, inventory, pairs, migrations, time);
        inventory.putHost("alpha");
        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ACTIVE));
        inventory.put(Things.vm(2, Things.ALPHA, PairHealth.ACTIVE));
    }

    @AfterEach
    void stop() {
        hub.deactivate();
    }

    private static List<String> drain(EventStream stream) {
        List<String> frames = new ArrayList<>();
        for (Optional<byte[]> next = stream.poll(); next.isPresent(); next = stream.poll()) {
            frames.add(new String(next.get(), StandardCharsets.UTF_8));
        }
        return frames;
    }

    private static List<String> types(List<String> frames) {
        return frames.stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring("event: ".length()))
                .toList();
    }

    private static String id(List<String> frames) {
        return frames.get(frames.size() - 1).lines().findFirst().orElseThrow().substring("id: ".length());
    }

    private EventStream open(EventFilter filter) {
        return hub.open("ann", filter, Optional.empty());
    }

    @Test
    void beginsAStreamWithTheCurrentState() {
        when(migrations.list()).thenReturn(List.of(Things.migration("m-1", 3, 1, Optional.empty())));

        List<String> frames = drain(open(ALL));

        assertThat(types(frames)).containsExactly("begin", "host", "vm", "vm", "configuration", "migration", "ready");
        assertThat(frames.get(1)).startsWith("id: \n");
        assertThat(id(frames)).isEqualTo(hub.lastId());
    }

    /** Otherwise each viewer of a large fleet would need the memory for all of it. */
    @Test
    void writesTheStateWhileTheClientReadsIt() {
        for (int i = 0; i < 1000; i++) {
            inventory.put(Things.vm(i, Things.ALPHA, PairHealth.ACTIVE));
        }
        AtomicInteger written = new AtomicInteger();
        JsonView counting = value -> "json " + written.incrementAndGet();
        EventHub other = new EventHub(counting, policies, inventory, pairs, migrations, time);
        EventStream stream = other.open("ann", ALL, Optional.empty());

        for (int i = 0; i < 10; i++) {
            stream.poll();
        }

        assertThat(written).hasValueLessThan(15);
        assertThat(drain(stream)).hasSizeGreaterThan(990);
        other.deactivate();
    }

    @Test
    void keepsNoStreamThatCouldNotBegin() {
        when(migrations.list()).thenThrow(new IllegalStateException("from the test"));

        assertThatThrownBy(() -> open(ALL)).hasMessage("from the test");

        assertThat(hub.size()).isZero();
    }

    @Test
    void sendsAChangeOfOneVmAndNothingElse() {
        EventStream stream = open(ALL);
        drain(stream);

        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ON_STANDBY));
        inventory.remove(Things.ALPHA, Things.uuid(2));

        List<String> frames = drain(stream);
        assertThat(types(frames)).containsExactly("vm", "vm");
        assertThat(frames.get(0)).contains("on-standby").hasSizeLessThan(2000);
        assertThat(frames.get(1)).contains("\"key\":\"alpha/" + Things.uuid(2) + "\"", "\"removed\":true");
    }

    @Test
    void resumesAfterTheLastEventOfTheClient() {
        EventStream lost = open(ALL);
        String id = id(drain(lost));
        hub.close(lost);
        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ON_STANDBY));
        inventory.remove(Things.ALPHA, Things.uuid(2));

        EventStream resumed = hub.open("ann", ALL, Optional.of(id));

        assertThat(types(drain(resumed))).containsExactly("vm", "vm", "ready");
        inventory.putHost("beta");
        assertThat(types(drain(resumed))).containsExactly("host");
    }

    @Test
    void beginsAnewIfItDoesNotKnowWhatTheClientMissed() {
        EventStream stream = hub.open("ann", ALL, Optional.of("earlier-7"));

        assertThat(types(drain(stream))).startsWith("begin");
    }

    @Test
    void sendsOnlyTheKindsAndTheVmThatTheClientWants() {
        EventStream hosts = open(new EventFilter(Set.of(EventKind.HOST), Optional.empty()));
        Vm web1 = hub.find(new VmName("web1"));
        EventStream one = open(new EventFilter(EventKind.OF_VM, Optional.of(web1)));
        assertThat(types(drain(hosts))).containsExactly("begin", "host", "ready");
        assertThat(types(drain(one))).containsExactly("begin", "vm", "ready");

        inventory.put(Things.vm(2, Things.ALPHA, PairHealth.ON_STANDBY));
        inventory.put(Things.vm(1, Things.BETA, PairHealth.ON_STANDBY));
        inventory.remove(Things.ALPHA, Things.uuid(1));
        listener().accept(Things.migration("m-1", 1, 1, Optional.empty()));
        listener().accept(Things.migration("m-2", 1, 2, Optional.empty()));

        assertThat(drain(hosts)).isEmpty();
        assertThat(types(drain(one))).containsExactly("vm", "vm", "migration");
    }

    @Test
    void findsTheVmOfAFilterByEveryForm() {
        assertThat(hub.find(VmOnHost.parse("alpha/web1")).uuid()).isEqualTo(Things.uuid(1));
        assertThat(hub.find(VmOnHost.parse(Things.uuid(2).toString())).name()).isEqualTo(new VmName("web2"));
        assertThatThrownBy(() -> hub.find(new VmName("web3")))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VM_NOT_FOUND));
    }

    @Test
    void sendsNoOlderStateOfAMigrationAfterANewerOne() {
        when(migrations.list()).thenReturn(List.of(Things.migration("m-1", 3, 1, Optional.empty())));
        EventStream stream = open(ALL);
        drain(stream);

        listener().accept(Things.migration("m-1", 2, 1, Optional.empty()));
        listener().accept(Things.migration("m-1", 4, 1, Optional.empty()));

        assertThat(drain(stream)).singleElement().asString().contains("\"revision\":4");
    }

    private Consumer<Migration> listener() {
        ArgumentCaptor<Consumer<Migration>> listener = captor();
        verify(migrations).listen(listener.capture());
        return listener.getValue();
    }

    @SuppressWarnings("unchecked")
    private static ArgumentCaptor<Consumer<Migration>> captor() {
        return ArgumentCaptor.forClass(Consumer.class);
    }

    @Test
    void publishesTheFindingsOfAConfigurationThatIsNotInForce() {
        EventStream stream = open(ALL);
        drain(stream);
        when(policies.findings())
                .thenReturn(List.of(Finding.of(
                        FindingCode.CONFIGURATION_REJECTED,
                        "file understudy.yaml",
                        "understudy.yaml, line 1: the file has no keys",
                        "Complete the file.")));

        time.advance(Duration.ofSeconds(1));

        assertThat(drain(stream)).singleElement().asString().contains("event: configuration", "line 1");
    }

    @Test
    void notifiesOfANewConfigurationWithoutFindings() {
        EventStream stream = open(ALL);
        drain(stream);
        when(policies.current()).thenReturn((Policy) Samples.SPARSE.of(Policy.class));

        time.advance(Duration.ofSeconds(1));
        time.advance(Duration.ofSeconds(1));

        assertThat(types(drain(stream))).containsExactly("configuration");
    }

    @Test
    void continuesPollingAfterAnError() {
        EventStream stream = open(ALL);
        drain(stream);
        when(policies.findings())
                .thenThrow(new NoClassDefFoundError("from the test"))
                .thenReturn(List.of(Finding.of(FindingCode.CONFIGURATION_REJECTED, "file x", "file x: wrong", "Fix.")));

        time.advance(Duration.ofSeconds(1));
        assertThat(drain(stream)).isEmpty();
        time.advance(Duration.ofSeconds(1));

        assertThat(types(drain(stream))).containsExactly("configuration");
    }

    @Test
    void sendsSignsOfLifeWithTheLastIdToQuietStreams() {
        EventStream stream = open(new EventFilter(Set.of(EventKind.HOST), Optional.empty()));
        drain(stream);
        inventory.put(Things.vm(1, Things.ALPHA, PairHealth.ON_STANDBY));

        time.advance(Duration.ofSeconds(10));

        assertThat(drain(stream)).containsExactly("id: " + hub.lastId() + "\n: keep-alive\n\n");
    }

    @Test
    void countsTheStreamsOfEachUser() {
        EventStream ann = open(ALL);
        hub.open("bob", ALL, Optional.empty());
        hub.close(ann);

        assertThat(ann.isClosed()).isTrue();
        assertThat(hub.size()).isEqualTo(1);
        assertThat(hub.size("ann")).isZero();
        assertThat(hub.size("bob")).isEqualTo(1);
    }

    @Test
    void closesEveryStreamAndSubscriptionOnDeactivation() {
        EventStream stream = open(ALL);

        hub.deactivate();

        assertThat(stream.isClosed()).isTrue();
        verify(subscription).close();
    }
}
