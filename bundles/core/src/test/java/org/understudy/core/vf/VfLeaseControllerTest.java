// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfSelector;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfSettings;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.lifecycle.VirtualMachineService;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;

class VfLeaseControllerTest {
    private static final VmName WEB1 = new VmName("web1");

    private static final Backoff PAUSES = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(5), () -> 0);

    private final FakeScheduler clock = new FakeScheduler();
    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeHosts fakeHosts = new FakeHosts(alpha);
    private final VfLeaseController controller =
            new VfLeaseController(fakeHosts.registry, fakeHosts.migrations, fakeHosts.policies, clock, PAUSES);
    private final OneVf pool = new OneVf();
    private final VirtualMachineService vms = new VirtualMachineService(
            fakeHosts.registry,
            fakeHosts.inventory,
            fakeHosts.locator,
            fakeHosts.policies,
            fakeHosts.health,
            fakeHosts.migrations,
            controller,
            new NicFacts());

    @AfterEach
    void close() {
        controller.close();
        fakeHosts.close();
    }

    private void defined(VmState state) {
        alpha.with("web1", state);
        alpha.define(FakeDefinitionHost.xmlWithVf("web1"));
        alpha.forget();
    }

    @Test
    void leasesTheVfOfAPoolForAStartWithTheSettingsOfThePair() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);

        vms.start(WEB1);

        assertThat(alpha.calls()).containsExactly("start web1 {ua-vf=0000:01:10.2}");
        assertThat(pool.settings)
                .containsExactly(new VfSettings(
                        new MacAddress("52:54:00:11:22:33"),
                        42,
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        OptionalInt.empty()));
        assertThat(pool.held).hasSize(1);
    }

    @Test
    void leavesTheChoiceToTheHostWhereItsNetworkIsThePool() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        alpha.networks("pool-a");

        vms.start(WEB1);

        assertThat(alpha.calls()).containsExactly("start web1 {}");
        assertThat(pool.held).isEmpty();
    }

    @Test
    void leavesTheChoiceToTheHostWhereThePoolIsToHaveANetworkAndHasOne() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        Policy usual = FakeHosts.policy();
        when(fakeHosts.policies.current())
                .thenReturn(new Policy(
                        List.of(new HostPolicy(alpha.name(), "fake", Map.of())),
                        List.of(new PoolPolicy(
                                OneVf.POOL,
                                PrimaryKind.VF,
                                List.of(VfSelector.parse("eno1")),
                                Optional.empty(),
                                Optional.of(true))),
                        Map.of(),
                        usual.deadlines(),
                        false,
                        Optional.empty(),
                        false,
                        usual.settle(),
                        Map.of()));

        vms.start(WEB1);
        alpha.end("web1");
        assertThat(pool.held).isEmpty();
        alpha.networks("pool-a");
        vms.start(WEB1);

        assertThat(alpha.calls()).containsExactly("start web1 {ua-vf=0000:01:10.2}", "start web1 {}");
    }

    @Test
    void leasesTheVfThatADefinitionNamesIfAPoolHasIt() {
        alpha.with("web1", VmState.SHUTOFF);
        alpha.define(FakeDefinitionHost.xmlWithVf("web1")
                .replace("<interface type='network'><mac", "<interface type='hostdev'><mac")
                .replace(
                        "<source network='pool-a'/>",
                        "<source><address type='pci' domain='0' bus='1' slot='0x10' function='2'/></source>"));
        alpha.forget();
        vms.start(WEB1);
        controller.setPools(pool);
        alpha.end("web1");
        vms.start(WEB1);

        assertThat(alpha.calls()).containsExactly("start web1 {}", "start web1 {ua-vf=0000:01:10.2}");
        assertThat(pool.held).hasSize(1);
    }

    @Test
    void rejectsASecondStartOfAVmMeanwhile() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        VmLocation here = fakeHosts.locator.locate(WEB1);

        controller.callWithLeases(
                here,
                List.of(),
                assigned -> assertThatThrownBy(() -> vms.start(WEB1))
                        .isInstanceOfSatisfying(
                                UnderstudyException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_VM_STATE)));

        assertThat(alpha.calls()).isEmpty();
        vms.start(WEB1);
        assertThat(alpha.calls()).hasSize(1);
    }

    @Test
    void forwardsFramesToTheStandbyNicWhileTheGuestBoots() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);

        vms.start(WEB1);

        assertThat(pool.detours).containsExactly("0000:01:10.2 true");
    }

    @Test
    void startsAVmAlsoWhereForwardingIsNotPermitted() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        pool.detours.add("refused");

        vms.start(WEB1);

        assertThat(alpha.calls()).containsExactly("start web1 {ua-vf=0000:01:10.2}");
    }

    @Test
    void releasesTheVfIfTheStartFails() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        alpha.refuseStart();

        assertThatThrownBy(() -> vms.start(WEB1))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QEMU_START_FAILED));
        assertThat(pool.held).isEmpty();
    }

    @Test
    void doesNotStartAVmIfThePoolHasNoVfLeft() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        pool.empty = true;

        assertThatThrownBy(() -> vms.start(WEB1))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.findings())
                                .extracting(Finding::code)
                                .containsExactly(FindingCode.POOL_EXHAUSTED));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void releasesTheVfWhenTheVmHasStoppedByItself() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        vms.start(WEB1);

        alpha.end("web1");

        assertThat(pool.held).isEmpty();
    }

    @Test
    void releasesTheVfOfAVmWhoseEndWasMissed() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        vms.start(WEB1);

        alpha.endMissed("web1");

        assertThat(pool.held).isEmpty();
    }

    @Test
    void releasesTheVfThatARunningVmHasReleasedOnRequest() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        vms.start(WEB1);
        alpha.define(FakeDefinitionHost.xml("web1"));

        alpha.release("web1", new Alias("ua-vf"));

        assertThat(pool.held).isEmpty();
    }

    @Test
    void keepsTheVfOfARunningVmThatHasLostItAndGetsItAgain() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        vms.start(WEB1);

        alpha.release("web1", new Alias("ua-vf"));

        clock.advance(Duration.ofHours(1));
        assertThat(pool.held).hasSize(1);
    }

    @Test
    void releasesTheVfsOfAVmThatIsOffAfterARestartOfTheServer() {
        defined(VmState.SHUTOFF);
        pool.lease(alpha.name(), OneVf.POOL, WEB1, new Alias("ua-vf"), OneVf.SETTINGS);

        controller.setPools(pool);

        assertThat(pool.held).isEmpty();
    }

    @Test
    void retriesARefusedReleaseWithoutAnEvent() {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        vms.start(WEB1);
        pool.refuseReleases(2);

        alpha.end("web1");
        clock.advance(Duration.ofSeconds(2));
        assertThat(pool.held).hasSize(1);
        clock.advance(Duration.ofSeconds(4));

        assertThat(pool.held).isEmpty();
    }

    @Test
    void keepsTheVfOfAVmWhoseStartEndsWhileItsStateIsRead() throws InterruptedException {
        defined(VmState.SHUTOFF);
        controller.setPools(pool);
        VmLocation here = fakeHosts.locator.locate(WEB1);
        PairView pair = DomainView.of(alpha.definition(WEB1)).pairs().get(0);
        CountDownLatch leased = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Thread starting = new Thread(() -> controller.callWithLeases(here, List.of(pair), assigned -> {
            leased.countDown();
            join(go::await);
            alpha.start(WEB1, assigned);
        }));
        starting.start();
        leased.await();
        alpha.afterFind(() -> {
            alpha.afterFind(() -> {});
            go.countDown();
            join(starting::join);
        });

        controller.setPools(pool);
        alpha.afterFind(() -> {});
        go.countDown();
        starting.join();

        assertThat(pool.held).hasSize(1);
    }

    private interface Waiting {
        void done() throws InterruptedException;
    }

    private static void join(Waiting waiting) {
        try {
            waiting.done();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void releasesOtherVfsWhenOneIsRefused() {
        defined(VmState.SHUTOFF);
        pool.lease(alpha.name(), OneVf.POOL, WEB1, new Alias("ua-vf"), OneVf.SETTINGS);
        pool.lease(alpha.name(), OneVf.POOL, WEB1, new Alias("ua-vf2"), OneVf.SETTINGS);
        pool.refused.add(new Alias("ua-vf"));

        controller.setPools(pool);

        assertThat(pool.leases(alpha.name()))
                .extracting(l -> l.primary().value())
                .containsExactly("ua-vf");
    }

    @Test
    void keepsTheNewNicsServiceWhenTheOldOneIsUnsetLater() {
        Subscription ofNewer = mock(Subscription.class);
        HostNics older = mock(HostNics.class);
        HostNics newer = mock(HostNics.class);
        when(older.listen(any())).thenReturn(() -> {});
        when(newer.listen(any())).thenReturn(ofNewer);

        controller.setNics(older);
        controller.setNics(newer);
        controller.unsetNics(older);

        verify(ofNewer, never()).close();
    }

    @Test
    void leavesTheVfOfAVmInAMigrationToTheMigration() {
        defined(VmState.RUNNING);
        fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());
        pool.lease(alpha.name(), OneVf.POOL, WEB1, new Alias("ua-vf"), OneVf.SETTINGS);
        controller.setPools(pool);
        alpha.with("web2", VmState.SHUTOFF);
        pool.lease(alpha.name(), OneVf.POOL, new VmName("web2"), new Alias("ua-vf"), OneVf.SETTINGS);

        alpha.end("web1");
        alpha.end("web2");

        assertThat(pool.held).extracting(VfPools.Lease::vm).containsExactly(WEB1);
    }

    private static final class OneVf implements VfPools {
        static final PoolName POOL = new PoolName("pool-a");
        static final VfSettings SETTINGS = new VfSettings(
                new MacAddress("52:54:00:11:22:33"), 0, Optional.empty(), Optional.empty(), true, OptionalInt.empty());
        final List<Lease> held = new ArrayList<>();
        final List<VfSettings> settings = new ArrayList<>();
        final List<String> detours = new ArrayList<>();
        final Set<Alias> refused = new HashSet<>();
        boolean empty;
        private int refusals;

        synchronized void refuseReleases(int times) {
            refusals = times;
        }

        @Override
        public List<Finding> check(HostName host, PoolName pool) {
            return List.of();
        }

        @Override
        public synchronized Optional<Lease> lease(
                HostName host, PoolName pool, VmName vm, Alias primary, VfSettings wanted) {
            if (empty) {
                return Optional.empty();
            }
            settings.add(wanted);
            Lease lease = new Lease(host, pool, vm, primary, PciAddress.parse("01:10.2"), "server", settings.size());
            held.add(lease);
            return Optional.of(lease);
        }

        @Override
        public Optional<Lease> leaseNamed(HostName host, PciAddress vf, VmName vm, Alias primary, VfSettings wanted) {
            return vf.equals(PciAddress.parse("01:10.2")) ? lease(host, POOL, vm, primary, wanted) : Optional.empty();
        }

        @Override
        public synchronized List<Lease> leases(HostName host) {
            return List.copyOf(held);
        }

        @Override
        public synchronized void forward(Lease lease, boolean on) {
            if (detours.contains("refused")) {
                throw new UnderstudyException(ErrorCode.NOT_PERMITTED, "the access list does not allow it");
            }
            detours.add(lease.vf() + " " + on);
        }

        @Override
        public synchronized void release(Lease lease) {
            if (refused.contains(lease.primary()) || refusals-- > 0) {
                throw new UnderstudyException(ErrorCode.VF_FAILED, "the driver does not answer");
            }
            held.remove(lease);
        }
    }
}
