// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.Cooperation;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Subscription;
import org.understudy.api.VfDefaults;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.inventory.UnansweredHost;
import org.understudy.core.inventory.VmReadings;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.FakeVm;
import org.understudy.core.testing.FakeHost.Fault;

class PairHealthTrackerTest {
    private static final VmName VM = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final Alias PRIMARY = new Alias("ua-vf0");
    private static final DomainView WITH_PAIR = new DomainView(
            VM,
            Optional.empty(),
            List.of(),
            List.of(new DomainView.PairView(
                    STANDBY,
                    PRIMARY,
                    new MacAddress("52:54:00:11:22:33"),
                    Optional.empty(),
                    PrimaryKind.EMULATED,
                    Optional.empty(),
                    0,
                    false,
                    false,
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    true)));
    private static final DomainView PLAIN = new DomainView(VM, Optional.empty(), List.of(), List.of());

    private final FakeScheduler clock = new FakeScheduler();
    private final FakeHost a = new FakeHost("a");
    private final FakeVm vm = a.running("web1", "pair", PRIMARY);
    private final List<PairHealth> seen = new CopyOnWriteArrayList<>();
    private PairHealthTracker tracker;
    private Optional<VmReadings> readings = Optional.empty();

    @BeforeEach
    void open() {
        tracker = tracker(Duration.ofMillis(20));
        tracker.listen(c -> seen.add(c.pair().health()));
    }

    private PairHealthTracker tracker(Duration limitlessMissing) {
        return tracker(limitlessMissing, Duration.ofMillis(5));
    }

    private PairHealthTracker tracker(Duration limitlessMissing, Duration firstQuestion) {
        return tracker(limitlessMissing, firstQuestion, List.of(a));
    }

    private PairHealthTracker tracker(Duration limitlessMissing, Duration firstQuestion, List<Host> all) {
        return tracker(limitlessMissing, firstQuestion, all, clock);
    }

    private PairHealthTracker tracker(
            Duration limitlessMissing, Duration firstQuestion, List<Host> all, Scheduler scheduler) {
        Hosts hosts = new Hosts() {
            @Override
            public List<Host> all() {
                return all;
            }

            @Override
            public Host host(HostName name) {
                return a;
            }
        };
        Function<String, DomainView> views = definition -> definition.startsWith("pair") ? WITH_PAIR : PLAIN;
        readings = Optional.of(new VmReadings(hosts, views, scheduler));
        return new PairHealthTracker(
                hosts,
                readings.get(),
                (host, changed, primary, now) -> {},
                views,
                new PollSchedule(
                        firstQuestion,
                        Duration.ofMillis(20),
                        Duration.ofSeconds(2),
                        limitlessMissing,
                        Duration.ofMillis(20)),
                scheduler);
    }

    private void onRealThreads(List<Host> all) {
        tracker.close();
        tracker = tracker(Duration.ofMillis(20), Duration.ofMillis(5), all, SystemScheduler.process());
        tracker.listen(c -> seen.add(c.pair().health()));
    }

    @AfterEach
    void close() {
        tracker.close();
        readings.ifPresent(VmReadings::close);
    }

    private PairHealth health() {
        return onlyPair().health();
    }

    private Pair onlyPair() {
        return tracker.pairsOf(VM, a.name(), WITH_PAIR, Optional.of(WITH_PAIR), VmState.RUNNING)
                .get(0);
    }

    private void awaitHealth(PairHealth health) {
        pass(() -> health() == health);
    }

    /** Advances time until a condition holds. */
    private void pass(BooleanSupplier until) {
        for (int i = 0; i < 1000 && !until.getAsBoolean(); i++) {
            clock.advance(Duration.ofMillis(5));
        }
        assertThat(until.getAsBoolean()).isTrue();
    }

    private void emit(HostEvent event) {
        a.emit(event);
    }

    private void phase(MigrationPhase phase) {
        emit(new HostEvent.MigrationChanged(VM, Instant.now(), phase));
    }

    @Test
    void readsAPairThatIsInUse() {
        awaitHealth(PairHealth.ACTIVE);
        assertThat(seen).doesNotContain(PairHealth.FAULT);
    }

    @Test
    void reportsTheUsersOfAMacAddressWithoutAVmThatHasEndedBeforeItsEvent() {
        awaitHealth(PairHealth.ACTIVE);
        MacAddress mac = new MacAddress("52:54:00:11:22:33");
        assertThat(tracker.macUsers(a).get(mac)).containsExactly("web1");

        vm.state(VmState.SHUTOFF);
        assertThat(tracker.macUsers(a).get(mac)).isEmpty();
    }

    @Test
    void isAtFaultWhileItsVfIsGoneWhateverQemuReports() {
        Nics nics = new Nics(a.name());
        tracker.setNics(nics);
        awaitHealth(PairHealth.ACTIVE);

        nics.notifyListeners(VfState.FAULT, "the host does not have this VF any more");
        awaitHealth(PairHealth.FAULT);
        assertThat(onlyPair().details()).isEqualTo("VF 0000:01:10.0: the host does not have this VF any more");
        emit(new HostEvent.DeviceGone(VM, Instant.now(), PRIMARY));
        assertThat(health()).isEqualTo(PairHealth.FAULT);

        nics.notifyListeners(VfState.LEASED, "");
        awaitHealth(PairHealth.ACTIVE);
    }

    @Test
    void isAtFaultWhileItsVfIsMisconfigured() {
        Nics nics = new Nics(a.name());
        tracker.setNics(nics);
        awaitHealth(PairHealth.ACTIVE);

        nics.vlan = OptionalInt.of(99);
        nics.notifyListeners(VfState.LEASED, "");
        awaitHealth(PairHealth.FAULT);
        assertThat(onlyPair().details()).isEqualTo("VF 0000:01:10.0 has VLAN 99, the pair needs 0");
        assertThat(tracker.isMisconfigured(new VmKey(a.name(), VM), PRIMARY)).isTrue();

        nics.vlan = OptionalInt.of(0);
        nics.notifyListeners(VfState.LEASED, "");
        awaitHealth(PairHealth.ACTIVE);
        assertThat(tracker.isMisconfigured(new VmKey(a.name(), VM), PRIMARY)).isFalse();
    }

    @Test
    void aVfWithTheVlanOfItsPoolIsConfiguredWell() {
        PoolPolicy pool = new PoolPolicy(
                new PoolName("pool-a"), PrimaryKind.VF, List.of(), Optional.empty(), Optional.empty(), false, vlan(20));
        Policies policies = mock(Policies.class, RETURNS_DEEP_STUBS);
        when(policies.current().pools()).thenReturn(List.of(pool));
        tracker.setPolicies(policies);
        Nics nics = new Nics(a.name());
        tracker.setNics(nics);
        awaitHealth(PairHealth.ACTIVE);

        nics.vlan = OptionalInt.of(0);
        nics.notifyListeners(VfState.LEASED, "");
        awaitHealth(PairHealth.FAULT);
        assertThat(onlyPair().details()).isEqualTo("VF 0000:01:10.0 has VLAN 0, the pair needs 20");

        nics.vlan = OptionalInt.of(20);
        nics.notifyListeners(VfState.LEASED, "");
        awaitHealth(PairHealth.ACTIVE);
    }

    private static VfDefaults vlan(int id) {
        return new VfDefaults(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.of(id));
    }

    @Test
    void ignoresVfsOfOthersAndNicsThatCannotBeRead() {
        Nics nics = new Nics(new HostName("b"));
        tracker.setNics(nics);
        awaitHealth(PairHealth.ACTIVE);

        nics.notifyListeners(VfState.FAULT, "gone on another host");

        assertThat(health()).isEqualTo(PairHealth.ACTIVE);
        assertThat(seen).doesNotContain(PairHealth.FAULT);
    }

    @Test
    void keepsTheNewNicsServiceWhenTheOldOneIsUnsetLater() {
        Nics older = new Nics(a.name());
        Nics newer = new Nics(a.name());
        tracker.setNics(older);
        tracker.setNics(newer);

        tracker.unsetNics(older);

        assertThat(older.listeners).isEmpty();
        assertThat(newer.listeners).hasSize(1);
    }

    /** The NICs of one host with the VF of the pair. */
    private static final class Nics implements HostNics {
        private final HostName host;
        private final List<Consumer<NicInventory>> listeners = new CopyOnWriteArrayList<>();
        private OptionalInt vlan = OptionalInt.empty();

        Nics(HostName host) {
            this.host = host;
        }

        void notifyListeners(VfState state, String reason) {
            VfView vf = new VfView(
                    PciAddress.parse("01:10.0"),
                    PciAddress.parse("01:00.0"),
                    "eno1",
                    0,
                    state,
                    reason,
                    List.of(),
                    List.of(new PoolName("pool-a")),
                    "8086",
                    "1520",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    vlan,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    Optional.empty(),
                    List.of(),
                    VfioReadiness.READY,
                    Optional.empty(),
                    Optional.of(new VfView.Holder("web1", PRIMARY.value(), "server", 1, true)));
            NicInventory inventory = new NicInventory(host, true, "test", List.of(), List.of(vf), List.of());
            listeners.forEach(l -> l.accept(inventory));
        }

        @Override
        public List<NicInventory> inventories() {
            return List.of(new NicInventory(host, false, "none", List.of(), List.of(), List.of()));
        }

        @Override
        public List<PoolView> pools() {
            return List.of();
        }

        @Override
        public Subscription listen(Consumer<NicInventory> listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }
    }

    @Test
    void readsAPairWhoseUnplugIsRequested() {
        tracker.close();
        a.with(Fault.NEVER_EJECTS);
        a.startOutgoing(new OutgoingRequest(new MigrationId("m-1"), VM, "tcp:x", MigrationOptions.defaults(), "", ""))
                .progress();
        tracker = tracker(Duration.ofMillis(20));

        awaitHealth(PairHealth.UNPLUGGING);
    }

    @Test
    void followsTheGuestFromStartToUse() {
        awaitHealth(PairHealth.ACTIVE);
        vm.stop("destroyed");
        pass(() -> seen.contains(PairHealth.OFF));
        vm.primary(PRIMARY, PrimaryPresence.HIDDEN);
        vm.start();
        awaitHealth(PairHealth.HIDDEN);
        vm.primary(PRIMARY, PrimaryPresence.PLUGGED);
        emit(new HostEvent.StandbyNegotiated(VM, Instant.now(), STANDBY));
        awaitHealth(PairHealth.PARTIAL);
        vm.primary(PRIMARY, PrimaryPresence.ENABLED);

        awaitHealth(PairHealth.ACTIVE);
        assertThat(seen).containsSubsequence(PairHealth.OFF, PairHealth.HIDDEN, PairHealth.PARTIAL, PairHealth.ACTIVE);
    }

    @Test
    void detectsByPollingThatTheGuestEnabledItsPrimary() {
        vm.primary(PRIMARY, PrimaryPresence.PLUGGED);
        awaitHealth(PairHealth.PARTIAL);
        seen.clear();
        vm.primary(PRIMARY, PrimaryPresence.ENABLED);

        pass(() -> seen.contains(PairHealth.ACTIVE));
    }

    @Test
    void doesNotQueryAPairInUseWhereThatMarksTheVm() {
        a.with(Fault.MARKS_QUERIED_VMS);
        awaitHealth(PairHealth.ACTIVE);
        int before = a.questions();

        assertThat(health()).isEqualTo(PairHealth.ACTIVE);
        clock.advance(Duration.ofMinutes(5));
        assertThat(a.questions()).isEqualTo(before);

        vm.primary(PRIMARY, PrimaryPresence.ABSENT);
        emit(new HostEvent.StandbyNegotiated(VM, Instant.now(), STANDBY));
        awaitHealth(PairHealth.ON_STANDBY);
    }

    @Test
    void acceptsOnlyTheEndOfTheWaitAsProofOfARelease() {
        awaitHealth(PairHealth.ACTIVE);
        emit(new HostEvent.UnplugRequested(VM, Instant.now(), PRIMARY));
        phase(MigrationPhase.ACTIVE);
        awaitHealth(PairHealth.UNPLUGGING);
        phase(MigrationPhase.WAIT_UNPLUG);
        phase(MigrationPhase.ACTIVE);

        awaitHealth(PairHealth.ON_STANDBY);
    }

    @Test
    void isActiveAgainAfterACancelledMigration() {
        awaitHealth(PairHealth.ACTIVE);
        emit(new HostEvent.UnplugRequested(VM, Instant.now(), PRIMARY));
        phase(MigrationPhase.WAIT_UNPLUG);
        awaitHealth(PairHealth.UNPLUGGING);
        phase(MigrationPhase.CANCELLED);

        awaitHealth(PairHealth.ACTIVE);
        assertThat(seen).containsSubsequence(PairHealth.UNPLUGGING, PairHealth.PARTIAL, PairHealth.ACTIVE);
    }

    @Test
    void isOnStandbyAfterALateRelease() {
        awaitHealth(PairHealth.ACTIVE);
        vm.release(PRIMARY);

        awaitHealth(PairHealth.ON_STANDBY);
    }

    @Test
    void isAFaultWhenAPlugEndsWithoutADevice() {
        awaitHealth(PairHealth.ACTIVE);
        vm.primary(PRIMARY, PrimaryPresence.ABSENT);
        emit(new HostEvent.StandbyNegotiated(VM, Instant.now(), STANDBY));

        awaitHealth(PairHealth.FAULT);
        assertThat(onlyPair().details()).contains("ua-vf0");
    }

    @Test
    void readsTheCauseOfAMissingPrimaryAgainUntilItIsKnown() {
        faultWithoutCause();
        assertThat(onlyPair().details()).endsWith("although it should be plugged.");

        a.causes(List.of(
                Finding.of(FindingCode.VF_FAULT, "VF", "VF 0000:01:10.0 has no IOMMU group", "Enable the IOMMU.")));
        a.without(Fault.CAUSE_UNANSWERED);

        pass(() -> onlyPair()
                .details()
                .equals("QEMU does not have ua-vf0, although it should be plugged."
                        + " VF 0000:01:10.0 has no IOMMU group. Enable the IOMMU."));
        int before = a.questionsAboutCauses();
        clock.advance(Duration.ofMinutes(1));
        assertThat(a.questionsAboutCauses()).isEqualTo(before);
    }

    /** Such as missing interrupt remapping, which no repair changes. */
    @Test
    void showsAFailedRepairBehindTheCauseThatTheHostReports() {
        faultWithoutCause();
        a.causes(List.of(
                Finding.of(FindingCode.VF_FAULT, "VF", "VF 0000:01:10.0 has no IOMMU group", "Enable the IOMMU.")));
        a.without(Fault.CAUSE_UNANSWERED);
        pass(() -> onlyPair().details().endsWith("Enable the IOMMU."));
        String cause = onlyPair().details();

        tracker.annotate(new VmKey(a.name(), VM), PRIMARY, "Repair failed: 1");
        tracker.annotate(new VmKey(a.name(), VM), PRIMARY, "Repair failed: 2");

        pass(() -> onlyPair().details().equals(cause + " Repair failed: 2"));
    }

    @Test
    void stopsReadingACauseThatNeverBecomesKnown() {
        faultWithoutCause();

        clock.advance(Duration.ofMinutes(1));
        int before = a.questionsAboutCauses();
        assertThat(before).isGreaterThan(2);
        clock.advance(Duration.ofMinutes(1));
        assertThat(a.questionsAboutCauses()).isEqualTo(before);
    }

    @Test
    void keepsALaterNoteInsteadOfAnUnknownCause() {
        faultWithoutCause();
        tracker.annotate(new VmKey(a.name(), VM), PRIMARY, "Repair failed: no free VF");
        pass(() -> onlyPair().details().equals("Repair failed: no free VF"));

        a.without(Fault.CAUSE_UNANSWERED);
        clock.advance(Duration.ofMinutes(1));
        assertThat(onlyPair().details()).isEqualTo("Repair failed: no free VF");
    }

    private void faultWithoutCause() {
        awaitHealth(PairHealth.ACTIVE);
        a.with(Fault.CAUSE_UNANSWERED);
        vm.primary(PRIMARY, PrimaryPresence.ABSENT);
        emit(new HostEvent.StandbyNegotiated(VM, Instant.now(), STANDBY));
        awaitHealth(PairHealth.FAULT);
    }

    @Test
    void readsTheHostAfterAnImpossibleEvent() {
        vm.primary(PRIMARY, PrimaryPresence.HIDDEN);
        tracker.close();
        // After the host has been read, only the event causes another reading.
        tracker = tracker(Duration.ofMillis(20), Duration.ofHours(1));
        awaitHealth(PairHealth.HIDDEN);
        tracker.listen(c -> seen.add(c.pair().health()));
        vm.primary(PRIMARY, PrimaryPresence.ENABLED);
        seen.clear();

        emit(new HostEvent.UnplugRequested(VM, Instant.now(), PRIMARY));

        pass(() -> seen.equals(List.of(PairHealth.ACTIVE)));
    }

    @Test
    void tracksOtherHostsWhileAHostHangs() {
        FakeHost b = new FakeHost("b");
        b.running("web2", "pair", PRIMARY);
        b.with(Fault.PRESENCE_HANGS);
        onRealThreads(List.of(b, a));
        try {
            Awaitility.await().until(() -> health() == PairHealth.ACTIVE);
            vm.release(PRIMARY);
            Awaitility.await().until(() -> health() == PairHealth.ON_STANDBY);
        } finally {
            b.without(Fault.PRESENCE_HANGS);
        }
    }

    @Test
    void readsAHostAgainWhoseEventsWereDropped() {
        a.with(Fault.PRESENCE_HANGS);
        onRealThreads(List.of(a));
        Awaitility.await().until(() -> a.questions() > 0 && a.consumers() > 0);
        try {
            for (int i = 0; i < 10_100; i++) {
                emit(new HostEvent.WasReset(VM, Instant.now()));
            }
            vm.stop("destroyed");
        } finally {
            a.without(Fault.PRESENCE_HANGS);
        }

        Awaitility.await().until(() -> seen.contains(PairHealth.OFF));
    }

    @Test
    void reportsPairsThatWaitForARestart() {
        assertThat(tracker.pairsOf(VM, a.name(), WITH_PAIR, Optional.of(PLAIN), VmState.RUNNING))
                .extracting(Pair::health)
                .containsExactly(PairHealth.PENDING_RESTART);
        assertThat(tracker.pairsOf(VM, a.name(), PLAIN, Optional.of(WITH_PAIR), VmState.RUNNING))
                .extracting(Pair::health)
                .containsExactly(PairHealth.PENDING_RESTART);
        assertThat(tracker.pairsOf(VM, a.name(), WITH_PAIR, Optional.empty(), VmState.SHUTOFF))
                .extracting(Pair::health)
                .containsExactly(PairHealth.OFF);
    }

    @Test
    void readsOnceForABurstOfEvents() {
        awaitHealth(PairHealth.ACTIVE);
        int before = a.questions();
        for (int i = 0; i < 10; i++) {
            emit(new HostEvent.DefinitionChanged(VM, Instant.now()));
        }

        pass(() -> a.questions() > before);
        clock.advance(Duration.ofSeconds(10));
        assertThat(a.questions()).isEqualTo(before + 1);
    }

    @Test
    void readsTheHostAfterMissedEvents() {
        awaitHealth(PairHealth.ACTIVE);
        vm.live("plain");

        emit(new HostEvent.EventsMissed(VM, Instant.now()));

        pass(() -> seen.contains(PairHealth.OFF));
    }

    @Test
    void doesNotKnowWhetherTheGuestNegotiatedOnceEventsWereMissed() {
        awaitHealth(PairHealth.ACTIVE);
        emit(new HostEvent.StandbyNegotiated(VM, Instant.now(), STANDBY));
        assertThat(evidence()).contains("event FAILOVER_NEGOTIATED");

        emit(new HostEvent.EventsMissed(VM, Instant.now()));

        assertThat(evidence()).doesNotContain("event FAILOVER_NEGOTIATED");
    }

    private List<String> evidence() {
        return tracker.withGuest(a, VM, onlyPair()).guest().stream()
                .flatMap(guest -> guest.signs().stream())
                .map(Cooperation.Sign::source)
                .toList();
    }

    @Test
    void findsAPairWhosePrimaryWasPluggedBesideTrackedOnes() {
        awaitHealth(PairHealth.ACTIVE);
        vm.live("plain");
        emit(new HostEvent.DefinitionChanged(VM, Instant.now()));
        pass(() -> seen.contains(PairHealth.OFF));

        vm.live("pair");
        emit(new HostEvent.DevicePlugged(VM, Instant.now(), PRIMARY));

        awaitHealth(PairHealth.ACTIVE);
    }

    @Test
    void dropsAPairThatWasSwitchedOffWhenItsPrimaryIsGone() {
        VmName web2 = new VmName("web2");
        List<PairHealth> healths = new CopyOnWriteArrayList<>();
        tracker.listen(c -> {
            if (c.vm().equals(web2)) {
                healths.add(c.pair().health());
            }
        });
        FakeVm switched = a.running("web2", "plain", PRIMARY).live("pair");
        emit(new HostEvent.DefinitionChanged(web2, Instant.now()));
        pass(() -> healths.contains(PairHealth.PENDING_RESTART));

        switched.live("plain");
        emit(new HostEvent.DeviceGone(web2, Instant.now(), PRIMARY));

        pass(() -> healths.contains(PairHealth.OFF));
    }

    @Test
    void ignoresAVmThatIsOnlyReceived() {
        vm.state(VmState.INCOMING);
        awaitForgotten();
        emit(new HostEvent.StandbyNegotiated(VM, Instant.now(), STANDBY));
        vm.resume();

        awaitHealth(PairHealth.ACTIVE);
    }

    private void awaitForgotten() {
        emit(new HostEvent.Stopped(VM, Instant.now(), "moved"));
        pass(() -> seen.contains(PairHealth.OFF) || health() == PairHealth.FAULT);
    }

    @Test
    void forgetsThePairOfAVmThatIsGoneWithoutAnEvent() {
        awaitHealth(PairHealth.ACTIVE);
        a.remove(VM);

        tracker.onHost(a, Map.of(), Optional.empty());

        assertThat(tracker.all()).isEmpty();
        assertThat(seen).last().isEqualTo(PairHealth.OFF);
    }

    @Test
    void keepsThePairsOfAHostThatDoesNotAnswer() {
        awaitHealth(PairHealth.ACTIVE);

        tracker.onHost(a, Map.of(), Optional.of(new UnansweredHost(a.name(), "did not answer", Optional.empty())));

        assertThat(tracker.all()).hasSize(1);
    }

    @Test
    void isNotSlowedByASlowListener() throws InterruptedException {
        CountDownLatch block = new CountDownLatch(1);
        List<PairChanged> slow = new CopyOnWriteArrayList<>();
        onRealThreads(List.of(a));
        Awaitility.await().until(() -> health() == PairHealth.ACTIVE);
        tracker.listen(c -> {
            slow.add(c);
            try {
                block.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        emit(new HostEvent.UnplugRequested(VM, Instant.now(), PRIMARY));
        Awaitility.await().until(() -> !slow.isEmpty());
        phase(MigrationPhase.WAIT_UNPLUG);
        phase(MigrationPhase.CANCELLED);
        Awaitility.await().until(() -> seen.contains(PairHealth.ACTIVE) && health() == PairHealth.ACTIVE);
        block.countDown();

        Awaitility.await()
                .untilAsserted(() -> assertThat(slow).hasSize(2).last().satisfies(c -> {
                    assertThat(c.from()).isEqualTo(PairHealth.UNPLUGGING);
                    assertThat(c.pair().health()).isEqualTo(PairHealth.ACTIVE);
                }));
    }

    @Test
    void stopsPollingWhenNoChangeIsExpected() {
        awaitHealth(PairHealth.ACTIVE);
        int before = a.questions();

        clock.advance(Duration.ofMinutes(1));
        assertThat(a.questions()).isEqualTo(before);
    }
}
