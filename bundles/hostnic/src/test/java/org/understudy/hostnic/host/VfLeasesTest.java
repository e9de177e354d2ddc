// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfDefaults;
import org.understudy.api.VfDefaults.LinkState;
import org.understudy.api.VfSelector;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.api.spi.VfSettings;

class VfLeasesTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final HostName TWIN = new HostName("twin");
    private static final HostName UNMANAGED = new HostName("unmanaged");
    private static final PoolName POOL = new PoolName("pool-a");
    private static final VmName WEB1 = new VmName("web1");
    private static final Alias PRIMARY = new Alias("ua-vf0");
    private static final VfSettings SETTINGS = new VfSettings(
            new MacAddress("52:54:00:11:22:33"), 42, Optional.of(true), Optional.empty(), true, OptionalInt.empty());

    private final FakeMachine machine = new FakeMachine(4);
    private final NicLab lab = new NicLab();
    private HostNicService nics;
    private VfLeases leases;

    @BeforeEach
    void open() {
        open("eno1#0-2");
    }

    private void open(String selector) {
        lab.configuration.set(
                List.of(
                        new HostPolicy(ALPHA, "qemu", Map.of()),
                        new HostPolicy(TWIN, "qemu", Map.of()),
                        new HostPolicy(UNMANAGED, "peer", Map.of())),
                new PoolPolicy(POOL, PrimaryKind.VF, List.of(VfSelector.parse(selector)), Optional.empty()));
        nics = lab.open(host -> host.name().equals(UNMANAGED)
                ? Optional.empty()
                : Optional.of(machine.open(NicLab.SERVER.owner(host.name()))));
        leases = new VfLeases(nics, lab.configuration, NicLab.SERVER);
        assertThat(inventory().available()).isTrue();
        assertThat(nics.access(UNMANAGED).isUnmanaged()).isTrue();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private NicInventory inventory() {
        return lab.inventory(ALPHA);
    }

    private VfView vf(int index) {
        return inventory().vfs().stream()
                .filter(vf -> vf.address().equals(FakeMachine.vf(index)))
                .findFirst()
                .orElseThrow();
    }

    private Optional<Lease> lease(String vm) {
        return leases.lease(ALPHA, POOL, new VmName(vm), PRIMARY, SETTINGS);
    }

    @Test
    void leasesAVfWithTheSettingsOfThePair() {
        Lease lease = lease("web1").orElseThrow();

        assertThat(lease).isEqualTo(new Lease(ALPHA, POOL, WEB1, PRIMARY, FakeMachine.vf(0), "s1:alpha", 1));
        assertThat(vf(0).state()).isEqualTo(VfState.LEASED);
        assertThat(vf(0).mac()).contains(SETTINGS.mac());
        assertThat(vf(0).driver()).contains("vfio-pci");
        assertThat(vf(0).holder()).contains(new VfView.Holder("web1", "ua-vf0", "s1:alpha", 1, true));
        assertThat(nics.pools().get(0).stocks().get(0).leased()).isEqualTo(1);
    }

    @Test
    void callsTheHostOncePerChangeOfAForwardingEntry() {
        Lease lease = lease("web1").orElseThrow();
        leases.forward(lease, true);
        leases.forward(lease, true);
        leases.forward(lease, false);
        leases.forward(lease, true);

        assertThat(machine.calls)
                .filteredOn(call -> call.startsWith("forward"))
                .extracting(call -> call.substring(call.lastIndexOf(' ') + 1))
                .containsExactly("true", "false", "true");
    }

    @Test
    @Timeout(60)
    void ordersTheCallsForAForwardingEntryThatTwoCallersChange() throws InterruptedException {
        Lease lease = lease("web1").orElseThrow();
        CountDownLatch called = new CountDownLatch(1);
        Semaphore answers = new Semaphore(0);
        machine.beforeForward = () -> {
            called.countDown();
            answers.acquireUninterruptibly();
        };
        Thread first = new Thread(() -> leases.forward(lease, true));
        first.start();
        called.await();
        Thread second = new Thread(() -> leases.forward(lease, false));
        second.start();
        await().until(() -> second.getState() == Thread.State.BLOCKED);

        answers.release(2);
        first.join();
        second.join();
        leases.forward(lease, false);

        assertThat(machine.calls)
                .filteredOn(call -> call.startsWith("forward"))
                .extracting(call -> call.substring(call.lastIndexOf(' ') + 1))
                .containsExactly("true", "false");
    }

    @Test
    void returnsTheVfThatTheVmAlreadyHolds() {
        Lease first = lease("web1").orElseThrow();

        assertThat(lease("web1")).contains(first);
        assertThat(leases.leases(ALPHA)).containsExactly(first);
    }

    @Test
    void leasesADifferentVfToEachVmUntilThePoolIsExhausted() {
        assertThat(List.of(lease("a"), lease("b"), lease("c"))).allMatch(Optional::isPresent);

        assertThat(lease("d")).isEmpty();
        assertThat(leases.check(ALPHA, POOL)).extracting(Finding::code).containsExactly(FindingCode.POOL_EXHAUSTED);
    }

    @Test
    void checkReportsThatTheHostHasNoSpaceForLeases() {
        assertThat(leases.check(ALPHA, POOL)).isEmpty();
        machine.findings.add(Finding.of(
                FindingCode.STORAGE_FULL, "state directory", "state directory /state has 0 KiB left", "Free space."));

        assertThat(leases.check(ALPHA, POOL)).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.STORAGE_FULL);
            assertThat(f.message()).isEqualTo("Host alpha: state directory /state has 0 KiB left");
        });
    }

    @Test
    void releasesAVf() {
        Lease lease = lease("web1").orElseThrow();

        leases.release(lease);
        leases.release(lease);

        assertThat(vf(0).state()).isEqualTo(VfState.FREE);
        assertThat(leases.leases(ALPHA)).isEmpty();
    }

    @Test
    void doesNotReleaseAVfThatWasLeasedAgainMeanwhile() {
        Lease old = lease("web1").orElseThrow();
        leases.release(old);
        Lease fresh = lease("web2").orElseThrow();

        leases.release(old);

        assertThat(fresh.vf()).isEqualTo(old.vf());
        assertThat(leases.leases(ALPHA)).containsExactly(fresh);
    }

    @Test
    void triesAnotherVfIfPreparationFailsAndReleasesTheFirst() {
        machine.failing.add(FakeMachine.vf(0));

        assertThat(lease("web1")).map(Lease::vf).contains(FakeMachine.vf(1));

        assertThat(vf(0).state()).isEqualTo(VfState.FREE);
        assertThat(machine.calls).contains("release " + FakeMachine.vf(0));
    }

    @Test
    void leasesAnotherVfIfTheHeldOneCannotBePrepared() {
        lease("web1");
        machine.failing.add(FakeMachine.vf(0));

        assertThat(lease("web1")).map(Lease::vf).contains(FakeMachine.vf(1));

        assertThat(leases.leases(ALPHA)).extracting(Lease::vf).containsExactly(FakeMachine.vf(1));
    }

    @Test
    void reportsWhyNoVfCanBePrepared() {
        machine.failing.addAll(List.of(FakeMachine.vf(0), FakeMachine.vf(1), FakeMachine.vf(2)));

        assertCode(ErrorCode.VF_FAILED, () -> lease("web1"));

        assertThat(inventory().vfs()).allMatch(vf -> vf.state() == VfState.FREE);
    }

    @Test
    void triesEveryVfBeforeTheLeaseFails() {
        nics.close();
        open("eno1");
        machine.failing.addAll(List.of(FakeMachine.vf(0), FakeMachine.vf(1), FakeMachine.vf(2)));

        assertThat(lease("web1")).map(Lease::vf).contains(FakeMachine.vf(3));
    }

    @Test
    void namesEachVfOfAnExhaustedPool() {
        lease("a");
        lease("b");
        lease("c");

        assertThat(leases.check(ALPHA, POOL)).singleElement().satisfies(f -> {
            assertThat(f.message())
                    .contains(FakeMachine.vf(0) + " leased: VM a")
                    .contains(FakeMachine.vf(2) + " leased: VM c");
            assertThat(f.remedy()).contains("stop a VM that uses one");
        });
    }

    @Test
    void namesNetworkManagerIfTheNetdevsOfVfsAreOnlyUp() {
        machine.use(0, "up");
        machine.use(1, "up", "address");
        machine.use(2, "up", "master");

        assertThat(leases.check(ALPHA, POOL))
                .singleElement()
                .satisfies(f -> assertThat(f.remedy()).contains("NetworkManager", "docs/libvirt.md"));

        machine.use(0, "network-namespace");
        machine.use(1, "address");
        assertThat(leases.check(ALPHA, POOL))
                .singleElement()
                .satisfies(f -> assertThat(f.remedy()).startsWith("End the use of a VF"));
    }

    @Test
    void completesTheSettingsOfThePairByThoseOfThePool() {
        Optional<Boolean> off = Optional.of(false);
        VfDefaults defaults = new VfDefaults(
                off,
                off,
                Optional.of(LinkState.ENABLE),
                OptionalInt.of(3),
                OptionalInt.empty(),
                OptionalInt.of(1000),
                OptionalInt.of(20));
        PoolPolicy pool = lab.configuration.current().pools().get(0);
        VfSettings whole = SETTINGS.with(new PoolPolicy(
                        pool.name(), pool.kind(), pool.selectors(), pool.model(), pool.network(), false, defaults)
                .defaults());

        assertThat(whole.trust()).as("the pair requests it").contains(true);
        assertThat(whole.spoofCheck()).contains(false);
        assertThat(whole.vlan()).as("the pair requests it").isEqualTo(42);
        assertThat(whole.defaults()).isEqualTo(defaults);
        VfSettings untagged = new VfSettings(
                SETTINGS.mac(), 0, Optional.empty(), Optional.empty(), true, OptionalInt.empty(), VfDefaults.NONE);
        assertThat(untagged.with(defaults).vlan()).isEqualTo(20);
        assertThat(untagged.with(VfDefaults.NONE).vlan()).isZero();
    }

    @Test
    void takesTheLowerRateOfPairAndPool() {
        VfDefaults pool = new VfDefaults(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.of(500),
                OptionalInt.of(1000),
                OptionalInt.empty());

        assertThat(limited(100).with(pool).defaults().maxRate()).hasValue(100);
        assertThat(limited(100).with(pool).defaults().minRate())
                .as("not above the highest")
                .hasValue(100);
        assertThat(limited(2000).with(pool).defaults().maxRate()).hasValue(1000);
        assertThat(limited(100)
                        .with(VfDefaults.NONE.limitedTo(OptionalInt.empty()))
                        .defaults()
                        .maxRate())
                .hasValue(100);
        assertThat(limited(2000).withoutLimit().with(VfDefaults.NONE)).isEqualTo(SETTINGS);
    }

    private static VfSettings limited(int rate) {
        return new VfSettings(
                SETTINGS.mac(),
                SETTINGS.vlan(),
                SETTINGS.trust(),
                SETTINGS.spoofCheck(),
                true,
                SETTINGS.numaNode(),
                VfDefaults.NONE.limitedTo(OptionalInt.of(rate)));
    }

    @Test
    void leasesAVfWithoutTheRateOfThePairIfNoneSupportsIt() {
        machine.maxRate = 0;

        Lease lease = leases.lease(ALPHA, POOL, WEB1, PRIMARY, limited(100)).orElseThrow();

        assertThat(machine.rates).containsEntry(lease.vf(), OptionalInt.empty());
        machine.maxRate = 1000;
        Lease other = leases.lease(ALPHA, POOL, new VmName("web2"), PRIMARY, limited(100))
                .orElseThrow();
        assertThat(machine.rates).containsEntry(other.vf(), OptionalInt.of(100));
    }

    @Test
    void separatesTheLeasesOfTwoHostsOnOneMachine() {
        Lease lease = lease("web1").orElseThrow();

        assertThat(leases.leases(TWIN)).isEmpty();
        assertThat(leases.lease(TWIN, POOL, WEB1, PRIMARY, SETTINGS))
                .map(Lease::vf)
                .isPresent()
                .get()
                .isNotEqualTo(lease.vf());
    }

    @Test
    void findsItsLeasesAfterARestart() {
        Lease lease = lease("web1").orElseThrow();
        nics.close();

        open();

        assertThat(leases.leases(ALPHA)).containsExactly(lease);
    }

    @Test
    void reportsALeasedVfThatVanishesAndRestoresItWhenItReappears() {
        List<VfState> seen = new CopyOnWriteArrayList<>();
        lease("web1");
        nics.listen(i -> {
            if (i.host().equals(ALPHA)) {
                i.vfs().stream()
                        .filter(vf -> vf.address().equals(FakeMachine.vf(0)))
                        .forEach(vf -> seen.add(vf.state()));
            }
        });

        machine.vanish(0);
        lab.passDebounce();
        assertThat(vf(0).state()).isEqualTo(VfState.FAULT);
        assertThat(vf(0).holder()).map(VfView.Holder::vm).contains("web1");
        assertThat(inventory().findings()).extracting(Finding::code).containsExactly(FindingCode.VF_FAULT);

        machine.appear(0);
        lab.passDebounce();
        assertThat(vf(0).state()).isEqualTo(VfState.LEASED);
        assertThat(seen).endsWith(VfState.FAULT, VfState.LEASED);
    }

    @Test
    void dropsAVanishedVfAfterItsRelease() {
        Lease lease = lease("web1").orElseThrow();
        machine.vanish(0);
        lab.passDebounce();
        assertThat(vf(0).state()).isEqualTo(VfState.FAULT);

        leases.release(lease);

        assertThat(inventory().vfs()).extracting(VfView::address).doesNotContain(FakeMachine.vf(0));
    }

    @Test
    void doesNotReportAFreeVfThatVanishes() {
        machine.vanish(3);

        lab.passDebounce();
        assertThat(inventory().vfs()).hasSize(3);
        assertThat(inventory().findings()).isEmpty();
    }

    @Test
    void failsWhileTheHostIsUnreachableAndRecovers() {
        machine.disconnect();
        lab.passRetry();
        assertThat(inventory().available()).isFalse();
        assertThat(inventory().findings().get(0).message()).contains("no answer");

        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> lease("web1"));
        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> leases.leases(ALPHA));
        assertThat(leases.check(ALPHA, POOL)).extracting(Finding::code).containsExactly(FindingCode.POOL_NOT_SERVED);

        machine.reconnect();
        lab.passRetry();
        assertThat(inventory().available()).isTrue();
        assertThat(lease("web1")).isPresent();
    }

    @Test
    void doesNotAccessAHostWithoutConfiguredNics() {
        assertThat(nics.access(UNMANAGED).inventory().findings()).isEmpty();
        assertThat(leases.leases(UNMANAGED)).isEmpty();
        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> leases.lease(UNMANAGED, POOL, WEB1, PRIMARY, SETTINGS));
        assertThat(leases.check(UNMANAGED, POOL))
                .extracting(Finding::code)
                .containsExactly(FindingCode.POOL_NOT_SERVED);
    }

    @Test
    void leasesExactlyTheNamedVf() {
        Lease lease = leases.leaseNamed(ALPHA, FakeMachine.vf(2), WEB1, PRIMARY, SETTINGS)
                .orElseThrow();

        assertThat(lease).isEqualTo(new Lease(ALPHA, POOL, WEB1, PRIMARY, FakeMachine.vf(2), "s1:alpha", 1));
        assertThat(vf(2).mac()).contains(SETTINGS.mac());
        assertThat(vf(2).driver()).contains("vfio-pci");
        assertThat(leases.leaseNamed(ALPHA, FakeMachine.vf(2), WEB1, PRIMARY, SETTINGS))
                .contains(lease);
        assertThatThrownBy(() -> leases.leaseNamed(ALPHA, FakeMachine.vf(2), new VmName("web2"), PRIMARY, SETTINGS))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.findings())
                                .singleElement()
                                .satisfies(f -> assertThat(f.code()).isEqualTo(FindingCode.VF_NOT_FREE))
                                .satisfies(f -> assertThat(f.message()).contains("is leased; holder: VM web1")));
    }

    @Test
    void doesNotLeaseANamedVfWithoutPoolOrAccess() {
        assertThat(leases.leaseNamed(ALPHA, FakeMachine.vf(3), WEB1, PRIMARY, SETTINGS))
                .as("the pool ends at VF 2")
                .isEmpty();
        assertThat(leases.leaseNamed(UNMANAGED, FakeMachine.vf(2), WEB1, PRIMARY, SETTINGS))
                .isEmpty();
        assertThat(machine.calls).isEmpty();
    }

    @Test
    void rejectsAPoolThatIsNotConfigured() {
        assertCode(
                ErrorCode.INVALID_ARGUMENT, () -> leases.lease(ALPHA, new PoolName("other"), WEB1, PRIMARY, SETTINGS));
    }

    private static void assertCode(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
