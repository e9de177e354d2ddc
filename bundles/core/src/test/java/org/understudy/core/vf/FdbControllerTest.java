// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mockito.ArgumentCaptor;
import org.mockito.verification.VerificationMode;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.concurrent.testing.FakeScheduler;

class FdbControllerTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final PoolName POOL = new PoolName("pool-a");
    private static final Lease LEASE = lease("web1", "ua-vf0", "01:10.0");
    private static final Lease OTHER = lease("web1", "ua-vf1", "01:10.2");
    private static final Lease OTHER_VM = lease("web2", "ua-vf0", "01:10.4");

    private final VfPools pools = mock(VfPools.class);
    private final List<Consumer<PairChanged>> listeners = new ArrayList<>();
    /** Pairs whose health is known before the controller listens. */
    private List<PairChanged> known = List.of();

    private final FdbController fdbController = controller(SystemScheduler.process());

    private FdbController controller(Scheduler scheduler) {
        return new FdbController(
                listener -> {
                    listeners.add(listener);
                    return () -> listeners.remove(listener);
                },
                () -> known,
                scheduler);
    }

    private static Lease lease(String vm, String primary, String vf) {
        return new Lease(ALPHA, POOL, new VmName(vm), new Alias(primary), PciAddress.parse(vf), "server", 1);
    }

    @BeforeEach
    void serve() {
        when(pools.leases(ALPHA)).thenReturn(List.of(OTHER_VM, LEASE, OTHER));
        fdbController.setPools(pools);
    }

    @AfterEach
    void close() {
        fdbController.close();
    }

    private void becomes(PairHealth health, PrimaryKind kind) {
        becomes("web1", ALPHA, health, kind);
    }

    private void becomes(String vm, HostName host, PairHealth health, PrimaryKind kind) {
        PairChanged change = change(vm, host, health, kind);
        listeners.forEach(l -> l.accept(change));
    }

    private static PairChanged change(String vm, HostName host, PairHealth health, PrimaryKind kind) {
        Pair pair = new Pair(
                new Alias("ua-standby0"),
                new Alias("ua-vf0"),
                new MacAddress("52:54:00:11:22:33"),
                Optional.of(POOL),
                kind,
                health,
                "");
        return new PairChanged(new VmName(vm), host, PairHealth.OFF, pair);
    }

    private static VerificationMode soon() {
        return timeout(10_000);
    }

    /** Returns when all earlier changes of the host are processed, by one more call. */
    private void settle() {
        becomes("web2", ALPHA, PairHealth.ACTIVE, PrimaryKind.VF);
        verify(pools, soon()).forward(OTHER_VM, false);
    }

    private void verifyOnly(Lease lease, boolean on) {
        verify(pools, soon()).forward(lease, on);
        verify(pools, never()).forward(lease, !on);
        verify(pools, never()).forward(OTHER, on);
        verify(pools, never()).forward(OTHER_VM, on);
    }

    @ParameterizedTest
    @EnumSource(names = {"HIDDEN", "UNPLUGGING", "ON_STANDBY", "PARTIAL"})
    void forwardsFramesToTheStandbyNicWhileTheGuestIsWithoutItsVf(PairHealth health) {
        becomes(health, PrimaryKind.VF);

        verifyOnly(LEASE, true);
    }

    @Test
    void stopsForwardingWhenTheGuestHasItsVf() {
        becomes(PairHealth.ACTIVE, PrimaryKind.VF);

        verifyOnly(LEASE, false);
    }

    @ParameterizedTest
    @EnumSource(names = {"OFF", "PENDING_RESTART", "FAULT"})
    void changesNothingForAVfThatIsNotInUse(PairHealth health) {
        becomes(health, PrimaryKind.VF);

        settle();
        verify(pools, times(1)).leases(ALPHA);
    }

    @Test
    void ignoresAnEmulatedPrimary() {
        becomes(PairHealth.ON_STANDBY, PrimaryKind.EMULATED);

        settle();
        verify(pools, times(1)).leases(ALPHA);
    }

    @Test
    void continuesAfterARefusal() {
        doThrow(new UnderstudyException(ErrorCode.NOT_PERMITTED, "not allowed"))
                .when(pools)
                .forward(LEASE, true);
        becomes(PairHealth.ON_STANDBY, PrimaryKind.VF);
        verify(pools, soon()).forward(LEASE, true);

        becomes(PairHealth.ACTIVE, PrimaryKind.VF);

        verify(pools, soon()).forward(LEASE, false);
    }

    /** A server that returns knows the health of a pair before it has read the NICs of the host. */
    @Test
    void removesAnEntryThatAStoppedServerLeftOnceTheNicsAreRead() {
        fdbController.close();
        FakeScheduler time = new FakeScheduler();
        FdbController returned = controller(time);
        when(pools.leases(ALPHA))
                .thenThrow(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "NICs of host alpha are being read"))
                .thenReturn(List.of(LEASE));
        returned.setPools(pools);
        becomes(PairHealth.ACTIVE, PrimaryKind.VF);
        verify(pools, never()).forward(any(), anyBoolean());

        time.advance(Duration.ofSeconds(2));

        verify(pools).forward(LEASE, false);
        returned.close();
    }

    @Test
    void removesAnEntryOfAPairThatWasReadBeforeThisControllerListened() {
        fdbController.close();
        known = List.of(change("web1", ALPHA, PairHealth.ACTIVE, PrimaryKind.VF));
        FdbController returned = controller(new FakeScheduler());

        returned.setPools(pools);

        verify(pools).forward(LEASE, false);
        returned.close();
    }

    @Test
    void removesAnEntryThatAStoppedServerLeftOnceThePoolsAreServed() {
        fdbController.close();
        FdbController returned = controller(new FakeScheduler());
        becomes(PairHealth.ACTIVE, PrimaryKind.VF);
        verify(pools, never()).leases(ALPHA);

        returned.setPools(pools);

        verify(pools).forward(LEASE, false);
        returned.close();
    }

    @Test
    void removesAnEntryWhoseLeaseAppearsInALaterInventory() {
        fdbController.close();
        FdbController late = controller(new FakeScheduler());
        late.setPools(pools);
        HostNics nics = mock(HostNics.class);
        when(nics.listen(any())).thenReturn(() -> {});
        late.setNics(nics);
        ArgumentCaptor<Consumer<NicInventory>> inventories = ArgumentCaptor.captor();
        verify(nics).listen(inventories.capture());
        when(pools.leases(ALPHA)).thenReturn(List.of());
        becomes(PairHealth.ACTIVE, PrimaryKind.VF);
        verify(pools, never()).forward(any(), anyBoolean());

        when(pools.leases(ALPHA)).thenReturn(List.of(LEASE));
        inventories.getValue().accept(new NicInventory(ALPHA, true, "native", List.of(), List.of(), List.of()));

        verify(pools).forward(LEASE, false);
        late.close();
    }

    @Test
    void ignoresChangesAfterClose() {
        fdbController.close();

        becomes(PairHealth.ON_STANDBY, PrimaryKind.VF);

        verify(pools, never()).leases(ALPHA);
    }

    @Test
    void servesAHostWhileAnotherDoesNotAnswerAndMergesChangesOfAPair() {
        HostName beta = new HostName("beta");
        Lease there = new Lease(
                beta, POOL, new VmName("web3"), new Alias("ua-vf0"), PciAddress.parse("01:10.6"), "server", 1);
        CountDownLatch answers = new CountDownLatch(1);
        when(pools.leases(beta)).thenAnswer(call -> {
            answers.await();
            return List.of(there);
        });
        becomes("web3", beta, PairHealth.ON_STANDBY, PrimaryKind.VF);
        verify(pools, soon()).leases(beta);

        becomes("web3", beta, PairHealth.PARTIAL, PrimaryKind.VF);
        becomes("web3", beta, PairHealth.HIDDEN, PrimaryKind.VF);
        becomes("web3", beta, PairHealth.ACTIVE, PrimaryKind.VF);
        becomes(PairHealth.ON_STANDBY, PrimaryKind.VF);

        verify(pools, soon()).forward(LEASE, true);
        answers.countDown();
        verify(pools, soon()).forward(there, false);
        verify(pools, times(1)).forward(there, true);
        verify(pools, times(2)).leases(beta);
    }
}
