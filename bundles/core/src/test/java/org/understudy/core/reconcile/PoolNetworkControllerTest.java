// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfSelector;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfNetworks;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.core.testing.FakeHosts;

class PoolNetworkControllerTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final PoolName POOL = new PoolName("pool-a");
    private static final PciAddress VF0 = PciAddress.parse("01:10.0");
    private static final PciAddress VF1 = PciAddress.parse("01:10.2");
    private static final Finding IN_USE = Finding.of(FindingCode.NETWORK_NOT_KEPT, "pool-a", "VMs use it", "stop them");

    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final FakeScheduler clock = new FakeScheduler();
    private final Policies policies = mock(Policies.class);
    private final HostNics nics = mock(HostNics.class);
    private final Host alpha = mock(Host.class, withSettings().extraInterfaces(VfNetworks.class));
    private final AtomicReference<Consumer<Policy>> policyNews = new AtomicReference<>();
    private final AtomicReference<Consumer<NicInventory>> nicNews = new AtomicReference<>();
    private final AtomicReference<Consumer<HostEvent>> events = new AtomicReference<>();
    private final AtomicReference<Runnable> networkNews = new AtomicReference<>();
    private final List<Map<PoolName, List<PciAddress>>> kept = new CopyOnWriteArrayList<>();

    /** Read on the controller's thread. */
    private volatile List<Finding> obstacles = List.of();

    private volatile boolean silent;
    private PoolNetworkController controller;

    @BeforeEach
    void configure() {
        configured(Optional.of(true));
        seen(true, vf(VF1, VfState.FREE), vf(VF0, VfState.LEASED));
        when(policies.listen(any())).thenAnswer(call -> {
            policyNews.set(call.getArgument(0));
            return (Subscription) () -> {};
        });
        when(nics.listen(any())).thenAnswer(call -> {
            nicNews.set(call.getArgument(0));
            return (Subscription) () -> {};
        });
        when(alpha.name()).thenReturn(ALPHA);
        when(alpha.subscribe(any())).thenAnswer(call -> {
            events.set(call.getArgument(0));
            return (Subscription) () -> {};
        });
        when(((VfNetworks) alpha).listen(any())).thenAnswer(call -> {
            networkNews.set(call.getArgument(0));
            return (Subscription) () -> {};
        });
        when(((VfNetworks) alpha).keep(any())).thenAnswer(call -> {
            if (silent) {
                throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "no answer");
            }
            kept.add(call.getArgument(0));
            return obstacles;
        });
    }

    @AfterEach
    void close() {
        controller.close();
    }

    private void configured(Optional<Boolean> network) {
        Policy usual = FakeHosts.policy();
        when(policies.current())
                .thenReturn(new Policy(
                        List.of(),
                        List.of(new PoolPolicy(
                                POOL, PrimaryKind.VF, List.of(VfSelector.parse("eno1")), Optional.empty(), network)),
                        Map.of(),
                        usual.deadlines(),
                        false,
                        Optional.empty(),
                        false,
                        usual.settle(),
                        Map.of()));
    }

    private NicInventory seen(boolean available, VfView... vfs) {
        NicInventory inventory = new NicInventory(ALPHA, available, "test", List.of(), Arrays.asList(vfs), List.of());
        when(nics.inventories()).thenReturn(List.of(inventory));
        return inventory;
    }

    private static VfView vf(PciAddress address, VfState state) {
        return new VfView(
                address,
                PciAddress.parse("01:00.0"),
                "eno1",
                0,
                state,
                "",
                List.of(),
                List.of(POOL),
                "8086",
                "10ca",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                List.of(),
                VfioReadiness.READY,
                Optional.empty(),
                Optional.empty());
    }

    private void open() {
        controller = new PoolNetworkController(
                new Hosts() {
                    @Override
                    public List<Host> all() {
                        return List.of(alpha);
                    }

                    @Override
                    public Host host(HostName name) {
                        return alpha;
                    }
                },
                policies,
                clock,
                new Backoff(PAUSE, Duration.ofMinutes(5), () -> 0));
        controller.setNics(nics);
    }

    private void awaitLast(PciAddress... vfs) {
        assertThat(kept).last().isEqualTo(Map.of(POOL, List.of(vfs)));
    }

    @Test
    void keepsTheNetworkInStepWithTheVfsOfThePool() {
        open();
        awaitLast(VF0, VF1);

        nicNews.get().accept(seen(true, vf(VF0, VfState.FREE), vf(VF1, VfState.FAULT)));
        awaitLast(VF0);

        nicNews.get().accept(seen(true));
        awaitLast();
    }

    @Test
    void removesTheNetworkOnlyWhenItIsNoLongerConfigured() {
        open();
        awaitLast(VF0, VF1);

        configured(Optional.of(false));
        policyNews.get().accept(policies.current());
        awaitLast();

        configured(Optional.empty());
        int before = kept.size();
        policyNews.get().accept(policies.current());
        clock.advance(Duration.ofSeconds(1));
        assertThat(kept).hasSize(before);
    }

    @Test
    void keepsTheNewNicsServiceWhenTheOldOneIsUnsetLater() {
        open();
        HostNics newer = mock(HostNics.class);
        Subscription ofNewer = mock(Subscription.class);
        when(newer.listen(any())).thenReturn(ofNewer);

        controller.setNics(newer);
        controller.unsetNics(nics);

        verify(ofNewer, never()).close();
    }

    @Test
    void keepsTheNetworkWhileTheVfsAreUnknown() {
        seen(false);
        open();

        clock.advance(Duration.ofSeconds(1));
        assertThat(kept).isEmpty();
    }

    @Test
    void checksAgainWhenNetworksChange() {
        open();
        awaitLast(VF0, VF1);
        int before = kept.size();

        networkNews.get().run();

        assertThat(kept).hasSizeGreaterThan(before);
    }

    @Test
    void reportsWhatPreventsAChangeAndRetries() {
        obstacles = List.of(IN_USE);
        open();
        assertThat(controller.findings()).containsExactly(IN_USE);

        obstacles = List.of();
        clock.advance(PAUSE.minusMillis(1));
        assertThat(controller.findings()).containsExactly(IN_USE);
        events.get().accept(new HostEvent.Stopped(new VmName("web1"), Instant.EPOCH, "shutdown"));

        assertThat(controller.findings()).isEmpty();
    }

    @Test
    void checksAHostWithAnObstacleAgainAfterMissedEvents() {
        obstacles = List.of(IN_USE);
        open();
        obstacles = List.of();

        events.get().accept(new HostEvent.EventsMissed(new VmName("web1"), Instant.EPOCH));

        assertThat(controller.findings()).isEmpty();
    }

    @Test
    void retriesAHostThatDidNotAnswer() {
        silent = true;
        open();
        clock.advance(Duration.ofSeconds(1));
        assertThat(kept).isEmpty();

        silent = false;
        clock.advance(PAUSE);

        awaitLast(VF0, VF1);
    }
}
