// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.contains;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.atLeast;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.core.health.VmKey;
import org.understudy.core.reconcile.PrimaryController.Timings;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;
import org.understudy.core.vf.VfLeaseController;

class PrimaryControllerTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final Alias PRIMARY = new Alias("ua-vf");
    private static final Duration SETTLE = Duration.ofSeconds(3);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Timings RHYTHM =
            new Timings(SETTLE, new Backoff(PAUSE, Duration.ofMinutes(5), () -> 0), Duration.ofHours(1));

    private final FakeScheduler clock = new FakeScheduler();
    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeHosts fakeHosts = new FakeHosts(alpha);
    private final VfPools pools = mock(VfPools.class);
    private final HostNics nics = mock(HostNics.class);
    private final List<Consumer<PairChanged>> health = new ArrayList<>();
    private final List<Consumer<NicInventory>> nicNews = new ArrayList<>();
    private final VfLeaseController controller =
            new VfLeaseController(fakeHosts.registry, fakeHosts.migrations, fakeHosts.policies);
    private final List<PrimaryController> open = new ArrayList<>();
    /** Leases of the pools; other threads read them from the start. */
    private volatile Supplier<Optional<Lease>> leasing = () -> Optional.of(lease("01:10.2", 2));

    private volatile List<Lease> leases = List.of();

    @BeforeEach
    void serve() {
        when(fakeHosts.health.listen(any())).thenAnswer(call -> {
            health.add(call.getArgument(0));
            return (Subscription) () -> {};
        });
        when(nics.listen(any())).thenAnswer(call -> {
            nicNews.add(call.getArgument(0));
            return (Subscription) () -> {};
        });
        when(pools.lease(any(), any(), any(), any(), any())).thenAnswer(call -> leasing.get());
        when(pools.leases(any())).thenAnswer(call -> leases);
        doAnswer(call -> {
                    leases = leases.stream()
                            .filter(l -> !l.equals(call.getArgument(0)))
                            .toList();
                    return null;
                })
                .when(pools)
                .release(any());
        controller.setPools(pools);
        alpha.with("web1", VmState.RUNNING);
        runsWith(requested());
        alpha.presence(PrimaryPresence.ABSENT);
    }

    @AfterEach
    void close() {
        open.forEach(PrimaryController::close);
        controller.close();
        fakeHosts.close();
    }

    private static String requested() {
        return FakeDefinitionHost.xmlWithVf("web1").replace("<devices>", """
            <metadata><u:pairs xmlns:u="https://understudy.org/xmlns/domain/1.0">
            <u:pair standby="ua-net" primary="ua-vf" pool="pool-a"/></u:pairs></metadata><devices>\
            """);
    }

    private void runsWith(String definition) {
        alpha.define(definition);
        alpha.restart("web1");
        alpha.forget();
    }

    private Lease lease(String vf, long fencing) {
        return new Lease(alpha.name(), new PoolName("pool-a"), WEB1, PRIMARY, PciAddress.parse(vf), "server", fencing);
    }

    private PrimaryController primaryController() {
        PrimaryController primaryController = new PrimaryController(
                fakeHosts.registry, fakeHosts.health, fakeHosts.migrations, controller, RHYTHM, clock);
        primaryController.setNics(nics);
        open.add(primaryController);
        return primaryController;
    }

    private void becomes(PairHealth now) {
        Pair pair = new Pair(
                new Alias("ua-net"),
                PRIMARY,
                new MacAddress("52:54:00:11:22:33"),
                Optional.empty(),
                PrimaryKind.VF,
                now,
                "");
        when(fakeHosts.health.withoutPrimary()).thenReturn(List.of(new VmKey(alpha.name(), WEB1)));
        health.forEach(l -> l.accept(new PairChanged(WEB1, alpha.name(), PairHealth.ACTIVE, pair)));
    }

    private void newsOfNics() {
        nicNews.forEach(l -> l.accept(new NicInventory(alpha.name(), true, "test", List.of(), List.of(), List.of())));
    }

    private long plugs() {
        return alpha.calls().stream().filter(d -> d.startsWith("plug")).count();
    }

    private void staysUnplugged() {
        clock.advance(Duration.ofMinutes(30));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void plugsAPrimaryThatARunningVmHasLost() {
        primaryController();

        becomes(PairHealth.ON_STANDBY);

        clock.advance(SETTLE);
        assertThat(alpha.calls()).contains("plug ua-vf 0000:01:10.2");
    }

    @Test
    void findsAPrimaryThatWasLostWithoutAnEvent() {
        when(fakeHosts.health.withoutPrimary()).thenReturn(List.of(new VmKey(alpha.name(), WEB1)));

        primaryController();

        clock.advance(SETTLE);
        assertThat(alpha.calls()).contains("plug ua-vf 0000:01:10.2");
    }

    @Test
    void plugsOnceAfterASuccessHoweverManyEventsCome() {
        primaryController();

        becomes(PairHealth.ON_STANDBY);
        becomes(PairHealth.FAULT);
        newsOfNics();
        clock.advance(SETTLE);
        assertThat(plugs()).isEqualTo(1);
        alpha.presence(PrimaryPresence.ENABLED);

        becomes(PairHealth.ON_STANDBY);
        clock.advance(Duration.ofMinutes(30));
        assertThat(plugs()).isEqualTo(1);
    }

    @Test
    void verifiesEachAttemptAndPausesLongerAfterEach() {
        primaryController();

        becomes(PairHealth.ON_STANDBY);

        clock.advance(SETTLE.plus(PAUSE).plus(PAUSE.multipliedBy(2)));
        assertThat(plugs()).isEqualTo(3);
        newsOfNics();
        clock.advance(PAUSE.multipliedBy(4).minusMillis(1));
        assertThat(plugs()).isEqualTo(3);
        clock.advance(Duration.ofMillis(1));
        assertThat(plugs()).isEqualTo(4);
    }

    @Test
    void releasesTheFormerVfOfAVmThatGotAnother() {
        Lease vanished = lease("01:10.0", 1);
        leases = List.of(vanished, lease("01:10.2", 2));
        primaryController();

        becomes(PairHealth.FAULT);
        clock.advance(SETTLE);

        await().untilAsserted(() -> verify(pools).release(vanished));
    }

    @Test
    void waitsForAChangeOfTheNicsWhileThePoolIsEmptyAndReportsIt() {
        leasing = Optional::empty;
        primaryController();
        becomes(PairHealth.ON_STANDBY);
        clock.advance(SETTLE);
        verify(fakeHosts.health, atLeast(1))
                .annotate(eq(new VmKey(alpha.name(), WEB1)), eq(PRIMARY), contains("has no free VF"));
        staysUnplugged();
        leasing = () -> Optional.of(lease("01:10.2", 2));

        newsOfNics();

        clock.advance(SETTLE);
        assertThat(alpha.calls()).contains("plug ua-vf 0000:01:10.2");
    }

    @Test
    void keepsTheNewNicsServiceWhenTheOldOneIsUnsetLater() {
        HostNics newer = mock(HostNics.class);
        Subscription ofNewer = mock(Subscription.class);
        Subscription ofOlder = mock(Subscription.class);
        when(nics.listen(any())).thenReturn(ofOlder);
        when(newer.listen(any())).thenReturn(ofNewer);
        PrimaryController primaryController = primaryController();

        primaryController.setNics(newer);
        primaryController.unsetNics(nics);

        verify(ofOlder).close();
        verify(ofNewer, never()).close();
    }

    @Test
    void unplugsAPrimaryWhoseVfIsMisconfigured() {
        alpha.presence(PrimaryPresence.ENABLED);
        when(fakeHosts.health.isMisconfigured(new VmKey(alpha.name(), WEB1), PRIMARY))
                .thenReturn(true);
        primaryController();

        becomes(PairHealth.FAULT);

        clock.advance(SETTLE);
        assertThat(alpha.calls()).contains("unplug ua-vf");
    }

    @Test
    void ignoresAPairThatWasNotRequested() {
        runsWith(FakeDefinitionHost.xmlWithVf("web1"));
        primaryController();

        becomes(PairHealth.ON_STANDBY);

        staysUnplugged();
    }

    @Test
    void ignoresAVmInAMigration() {
        fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());
        primaryController();

        becomes(PairHealth.ON_STANDBY);

        staysUnplugged();
    }

    @Test
    void doesNotPlugIntoAMigrationThatStartedWhileTheVfWasSetUp() {
        leasing = () -> {
            fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());
            return Optional.of(lease("01:10.2", 2));
        };
        primaryController();

        becomes(PairHealth.ON_STANDBY);

        clock.advance(SETTLE);
        verify(pools).release(lease("01:10.2", 2));
        staysUnplugged();
    }

    @Test
    void ignoresAPrimaryThatQemuHides() {
        alpha.presence(PrimaryPresence.HIDDEN);
        primaryController();

        becomes(PairHealth.FAULT);

        staysUnplugged();
    }

    @Test
    void ignoresAVmThatRunsWithoutTheStandbyNic() {
        runsWith(FakeDefinitionHost.xml("web1"));
        alpha.define(requested());
        alpha.forget();
        primaryController();

        becomes(PairHealth.ON_STANDBY);

        staysUnplugged();
    }
}
