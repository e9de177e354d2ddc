// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.InventoryChange;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.PoolName;
import org.understudy.api.PoolShare;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Revised;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;

class InventoryServiceTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final HostName ALPHA = new HostName("alpha");

    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeDefinitionHost beta = new FakeDefinitionHost("beta");
    private final FakeHosts fakeHosts = new FakeHosts(alpha, beta);
    private final Scheduler scheduler = SystemScheduler.process();
    private final VmReadings readings = new VmReadings(fakeHosts.registry, DomainView::of, scheduler);
    private final InventoryService inventory =
            new InventoryService(fakeHosts.registry, readings, fakeHosts.policies, scheduler);
    private final List<InventoryChange> changes = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        alpha.recover();
        beta.recover();
        readings.close();
        inventory.close();
        fakeHosts.close();
    }

    private void awaitReading() {
        inventory.list();
        inventory.hosts();
        inventory.listen(changes::add);
    }

    private List<Vm> vms() {
        return inventory.snapshot().vms().stream().map(Revised::value).toList();
    }

    private HostEntry host(HostName name) {
        return inventory.snapshot().host(name).orElseThrow().value();
    }

    /** Without those about its facts, which are read from time to time. */
    private static List<String> questions(FakeDefinitionHost host) {
        return host.questions().stream().filter(q -> !q.equals("facts")).toList();
    }

    @Test
    void readsOnlyTheVmThatAnEventNames() {
        awaitReading();
        alpha.forget();
        beta.forget();

        alpha.edit(FakeDefinitionHost.xml("web1"));

        await().untilAsserted(() -> assertThat(vms()).extracting(Vm::name).containsExactly(WEB1));
        await().untilAsserted(() -> assertThat(changes)
                .singleElement()
                .satisfies(c -> assertThat(c.kind()).isEqualTo(InventoryChange.Kind.VM)));
        assertThat(questions(alpha)).containsExactly("find web1");
        assertThat(questions(beta)).isEmpty();
    }

    @Test
    void answersWithoutAQuestionToAHost() {
        awaitReading();
        alpha.forget();
        beta.forget();

        inventory.list();
        inventory.hosts();

        assertThat(questions(alpha)).isEmpty();
        assertThat(questions(beta)).isEmpty();
    }

    @Test
    void removesAVmThatTheHostNoLongerHas() {
        alpha.edit(FakeDefinitionHost.xml("web1"));
        awaitReading();
        await().until(() -> vms().size() == 1);

        alpha.remove("web1");

        await().until(() -> vms().isEmpty());
    }

    @Test
    void keepsTheVmsOfAHostThatNoLongerAnswersAndSaysSinceWhen() {
        alpha.edit(FakeDefinitionHost.xml("web1"));
        awaitReading();
        await().until(() -> vms().size() == 1);
        Instant before = scheduler.instant();

        alpha.fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));
        alpha.editMissed(FakeDefinitionHost.xml("web1"));

        await().until(() -> host(ALPHA).staleSince().isPresent());
        assertThat(host(ALPHA).staleSince().orElseThrow()).isAfterOrEqualTo(before);
        assertThat(host(ALPHA).view().available()).isFalse();
        assertThat(vms()).extracting(Vm::name).containsExactly(WEB1);
        assertThat(inventory.list().findings())
                .singleElement()
                .satisfies(f -> assertThat(f.message())
                        .isEqualTo("Host alpha did not answer: timed out; the state of its VMs is unknown"));

        alpha.recover();
        await().until(() ->
                host(ALPHA).staleSince().isEmpty() && host(ALPHA).view().available());
        assertThat(inventory.list().findings()).isEmpty();
    }

    /** Such a host has not listed its VMs yet. */
    @Test
    void keepsTheVmsOfAHostThatWasOpenedAgainAndDoesNotAnswer() {
        alpha.edit(FakeDefinitionHost.xml("web1"));
        awaitReading();
        await().until(() -> vms().size() == 1);

        inventory.onHost(alpha, Map.of(), Optional.of(new UnansweredHost(ALPHA, "did not answer", Optional.empty())));

        assertThat(vms()).extracting(Vm::name).containsExactly(WEB1);
        assertThat(host(ALPHA).staleSince()).isPresent();
    }

    @Test
    void isReadAgainAfterAnOutage() {
        alpha.edit(FakeDefinitionHost.xml("web1"));
        awaitReading();
        await().until(() -> vms().size() == 1);

        alpha.lose("closed the connection");
        await().until(() -> host(ALPHA).staleSince().isPresent());
        assertThat(host(ALPHA).view().findings().get(0).message()).isEqualTo("Host alpha closed the connection");
        alpha.removeWithoutEvent("web1");
        alpha.reconnect();

        await().until(() -> vms().isEmpty() && host(ALPHA).staleSince().isEmpty());
    }

    @Test
    void aHostThatHangsDelaysNoOther() {
        awaitReading();
        beta.hang();
        beta.edit(FakeDefinitionHost.xml("web2"));

        alpha.edit(FakeDefinitionHost.xml("web1"));

        await().untilAsserted(() -> assertThat(vms()).extracting(Vm::name).containsExactly(WEB1));
    }

    @Test
    void showsTheHealthOfAPairWithoutAQuestion() {
        alpha.with("web1", VmState.SHUTOFF).edit(FakeDefinitionHost.xmlWithVf("web1"));
        alpha.restart("web1");
        alpha.start(WEB1, Map.of());
        alpha.edit(FakeDefinitionHost.xmlWithVf("web1"));
        awaitReading();
        await().untilAsserted(
                        () -> assertThat(pairs()).extracting(Pair::details).containsExactly("its state is being read"));

        Pair active = new Pair(
                new Alias("ua-net"),
                new Alias("ua-vf"),
                new MacAddress("52:54:00:11:22:33"),
                Optional.of(new PoolName("pool-a")),
                PrimaryKind.VF,
                PairHealth.ACTIVE,
                "");
        inventory.onPair(ALPHA, WEB1, new Alias("ua-vf"), Optional.of(active));

        assertThat(pairs()).containsExactly(active);
    }

    private List<Pair> pairs() {
        return vms().stream().flatMap(vm -> vm.pairs().stream()).toList();
    }

    private static NicInventory nics(String access) {
        return new NicInventory(ALPHA, true, access, List.of(), List.of(), List.of());
    }

    /** NICs of one host. */
    private static class FakeNics implements HostNics {
        private Consumer<NicInventory> listener = now -> {};

        @Override
        public List<NicInventory> inventories() {
            return List.of(nics("test"));
        }

        @Override
        public List<PoolView> pools() {
            return List.of();
        }

        @Override
        public List<PoolShare> poolShares(HostName host) {
            return List.of(
                    new PoolShare(new PoolName("trial"), Optional.of(new PoolView.Stock(host, 2, 1, 0)), List.of()));
        }

        @Override
        public Subscription listen(Consumer<NicInventory> added) {
            listener = added;
            return () -> {};
        }

        void publish(NicInventory now) {
            listener.accept(now);
        }
    }

    @Test
    void aChangeOfNicsThatArrivesWithTheFirstInventoriesIsNotReplacedByThem() {
        awaitReading();
        FakeNics changing = new FakeNics() {
            @Override
            public List<NicInventory> inventories() {
                Thread change = new Thread(() -> publish(nics("changed")));
                change.start();
                await().until(() -> EnumSet.of(Thread.State.BLOCKED, Thread.State.TERMINATED)
                        .contains(change.getState()));
                return List.of(nics("before"));
            }
        };

        inventory.setNics(changing);

        await().until(() -> host(ALPHA).nicAccess().equals("changed"));
    }

    @Test
    void publishesTheNicsAndPoolsOfAHost() {
        awaitReading();

        inventory.setNics(new FakeNics());

        assertThat(host(ALPHA).nicAccess()).isEqualTo("test");
        assertThat(inventory.snapshot().poolShares(ALPHA))
                .extracting(Revised::value)
                .hasSize(1);
        await().untilAsserted(() -> assertThat(changes)
                .extracting(InventoryChange::kind)
                .containsExactly(InventoryChange.Kind.HOST, InventoryChange.Kind.POOL));
    }
}
