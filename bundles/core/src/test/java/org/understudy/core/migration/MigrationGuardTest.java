// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.PRIMARY;
import static org.understudy.core.migration.MigrationBench.VM;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Outcome;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.StepState;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.UnpairedDevice;
import org.understudy.core.testing.FakeFacts;

class MigrationGuardTest {
    private static final Alias STANDBY = new Alias("ua-standby0");

    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.service();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private List<FindingCode> preflight() {
        return preflight(MigrationOptions.defaults());
    }

    private List<FindingCode> preflight(MigrationOptions options) {
        return bench.service().preflight(VM, B, options).stream()
                .filter(f -> f.severity() != Severity.NOTICE)
                .map(Finding::code)
                .toList();
    }

    @Test
    void findsNothingWrongWithAHealthyVm() {
        assertThat(preflight()).isEmpty();
        assertThat(bench.a.calls()).isEmpty();
        assertThat(bench.b.calls()).isEmpty();
    }

    @Test
    void checksTheDefinitionAgainstTheFactsOfBothHosts() {
        bench.b.facts(FakeFacts.of("8.2.0"));

        preflight();

        assertThat(bench.lintedWith).containsExactly(bench.a.facts(), bench.b.facts());
    }

    @Test
    void refusesWhileTheGuestReboots() {
        bench.a.vm(VM).negotiated(Optional.of(false));
        bench.a.emit(new HostEvent.WasReset(VM, Instant.now()));

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings()).extracting(Finding::code).contains(FindingCode.GUEST_REBOOTING);
        assertThat(m.steps().get(0).state()).isEqualTo(StepState.FAILED);
        assertThat(m.steps().get(1).state()).isEqualTo(StepState.PENDING);
        assertThat(bench.a.calls()).isEmpty();
        assertThat(bench.b.calls()).isEmpty();
    }

    @Test
    void refusesAfterAResetUntilTheEventIfQemuDoesNotReportNegotiation() {
        bench.a.vm(VM).negotiated(Optional.empty());
        bench.a.emit(new HostEvent.WasReset(VM, Instant.now()));
        assertThat(preflight()).containsExactly(FindingCode.GUEST_REBOOTING);

        bench.a.emit(new HostEvent.StandbyNegotiated(VM, Instant.now(), STANDBY));
        assertThat(preflight()).isEmpty();
    }

    @Test
    void refusesWithinTheSettleTimeAfterAPlug() {
        bench.settle = Duration.ofMillis(150);
        bench.a.emit(new HostEvent.DevicePlugged(VM, Instant.now(), PRIMARY));
        assertThat(preflight()).containsExactly(FindingCode.SETTLING);

        bench.time.pass(Duration.ofMillis(150));
        assertThat(preflight()).isEmpty();
    }

    @Test
    void refusesWithinTheSettleTimeAfterMissedEventsAndWhileAResetMayHaveBeenMissed() {
        bench.settle = Duration.ofMillis(150);
        bench.a.emit(new HostEvent.EventsMissed(VM, Instant.now()));
        assertThat(preflight()).containsExactlyInAnyOrder(FindingCode.GUEST_REBOOTING, FindingCode.SETTLING);

        bench.time.pass(Duration.ofMillis(150));
        assertThat(preflight()).isEmpty();
        bench.a.vm(VM).negotiated(Optional.of(false));
        assertThat(preflight()).contains(FindingCode.GUEST_REBOOTING);
    }

    @Test
    void refusesAnotherMigrationWithinTheSettleTime() {
        bench.settle = Duration.ofSeconds(10);
        assertThat(bench.migrate().outcome()).contains(Outcome.COMPLETED);

        assertThat(bench.service().preflight(VM, bench.a.name(), MigrationOptions.defaults()))
                .extracting(Finding::code)
                .contains(FindingCode.SETTLING);
    }

    @Test
    void refusesTheHostItIsOnAndAVmThatDoesNotRun() {
        assertThat(bench.service().preflight(VM, bench.a.name(), MigrationOptions.defaults()))
                .extracting(Finding::code)
                .containsExactly(FindingCode.SAME_HOST);
        bench.a.vm(VM).state(VmState.PAUSED);
        assertThat(preflight()).containsExactly(FindingCode.VM_NOT_MIGRATABLE);
        bench.a.vm(VM).state(VmState.SHUTOFF);
        assertThat(preflight()).containsExactly(FindingCode.VM_NOT_MIGRATABLE);
    }

    @Test
    void refusesAPassedThroughDeviceInNoPairBeforeAnythingMoves() {
        bench.unpaired.add(new UnpairedDevice("interface 52:54:00:44:00:02 (0000:01:11.4)", true));
        bench.unpaired.add(new UnpairedDevice("hostdev 0000:c1:00.0", false));

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings())
                .filteredOn(f -> f.code() == FindingCode.DEVICE_NOT_IN_PAIR)
                .satisfiesExactly(
                        nic -> assertThat(nic.message() + nic.remedy()).contains("0000:01:11.4", "understudy:pair-on"),
                        other -> assertThat(other.message()).contains("0000:c1:00.0"));
        assertThat(bench.a.calls()).isEmpty();
        assertThat(bench.b.calls()).isEmpty();
    }

    @Test
    void onlyTheSourceDecidesWhichNetworksHandOutVfs() {
        preflight();
        assertThat(bench.vfNetworks)
                .as("a network may have the name of a pool of VFs")
                .containsExactly(Set.of());
        bench.vfNetworks.clear();
        bench.a.facts(new HostFacts(
                "fake",
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of("fast"),
                List.of()));

        preflight();

        assertThat(bench.vfNetworks).containsExactly(Set.of("fast"));
    }

    @Test
    void refusesADestinationThatCannotRunTheVm() {
        bench.b.running("web1", MigrationBench.DEFINITION).state(VmState.INCOMING);
        assertThat(preflight()).containsExactly(FindingCode.OTHER_MIGRATION);
        bench.b.vm(VM).state(VmState.RUNNING);
        assertThat(preflight()).containsExactly(FindingCode.DESTINATION_INCOMPATIBLE);
        bench.b.undefine(VM);
        bench.b.facts(new HostFacts(
                "fake",
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of("pc-q35-6.0"),
                Optional.empty(),
                Optional.empty(),
                List.of()));
        assertThat(preflight()).containsExactly(FindingCode.DESTINATION_INCOMPATIBLE);
    }

    @Test
    void warnsOfABrokenVersionThatAffectsTheMigration() {
        bench.b.facts(new HostFacts(
                "libvirt",
                "",
                Optional.of(new HostFacts.Version(10, 0, 0)),
                Optional.of(new HostFacts.Version(11, 3, 0)),
                Optional.of("tcg"),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                List.of()));

        assertThat(bench.service().preflight(VM, B, MigrationOptions.defaults()))
                .filteredOn(f -> f.code() == FindingCode.VERSION_BROKEN)
                .singleElement()
                .satisfies(f -> {
                    assertThat(f.severity()).isEqualTo(Severity.WARNING);
                    assertThat(f.subject()).isEqualTo("host b");
                    assertThat(f.message()).contains("libvirt 11.3.0");
                });
    }

    @Test
    void warnsOfAnOlderQemuAndRefusesAMuchOlderOne() {
        bench.b.facts(FakeFacts.of("7.1.0"));
        assertThat(bench.service().preflight(VM, B, MigrationOptions.defaults()))
                .filteredOn(f -> f.code() == FindingCode.DESTINATION_INCOMPATIBLE)
                .extracting(Finding::severity)
                .containsExactly(Severity.WARNING);
        bench.b.facts(FakeFacts.of("6.2.0"));
        assertThat(bench.service().preflight(VM, B, MigrationOptions.defaults()))
                .filteredOn(f -> f.code() == FindingCode.DESTINATION_INCOMPATIBLE)
                .extracting(Finding::severity)
                .containsExactly(Severity.ERROR);
    }

    @Test
    void passesOnTheFindingsOfTheDestinationAndTheLinter() {
        bench.b.checkFindings(List.of(Finding.of(FindingCode.DEFINITION_UNSUPPORTED, "x", "x", "x")));
        bench.lint.add(Finding.of(FindingCode.MAC_MISMATCH, "x", "x", "x"));

        assertThat(preflight()).containsExactly(FindingCode.DEFINITION_UNSUPPORTED, FindingCode.MAC_MISMATCH);
    }

    @Test
    void refusesAVfWithoutAKnownPool() {
        PairView known = MigrationBench.pair(PRIMARY, PrimaryKind.VF);
        bench.pairs.set(
                0,
                new PairView(
                        known.standby(),
                        PRIMARY,
                        known.mac(),
                        Optional.of(new PoolName("other")),
                        PrimaryKind.VF,
                        Optional.empty(),
                        0,
                        false,
                        false,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        true));
        assertThat(preflight()).containsExactly(FindingCode.POOL_UNKNOWN);
        bench.pairs.set(
                0,
                new PairView(
                        known.standby(),
                        PRIMARY,
                        known.mac(),
                        Optional.empty(),
                        PrimaryKind.VF,
                        Optional.empty(),
                        0,
                        false,
                        false,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        true));
        assertThat(preflight()).containsExactly(FindingCode.POOL_UNKNOWN);
    }

    @Test
    void letsTheDestinationChooseTheVfOfItsPoolNetwork() {
        PairView known = MigrationBench.pair(PRIMARY, PrimaryKind.VF);
        bench.pairs.set(
                0,
                new PairView(
                        known.standby(),
                        PRIMARY,
                        known.mac(),
                        Optional.of(new PoolName("vf-net")),
                        PrimaryKind.VF,
                        Optional.empty(),
                        0,
                        false,
                        false,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        true));
        assertThat(preflight()).containsExactly(FindingCode.POOL_UNKNOWN);

        bench.b.facts(FakeFacts.of("7.2.22", Set.of("vf-net")));
        assertThat(preflight()).isEmpty();
        assertThat(bench.migrate().outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void refusesOptionsThatCannotWork() {
        assertThat(preflight(options(1, false, 1))).containsExactly(FindingCode.OPTION_NOT_USABLE);
        assertThat(preflight(options(256, false, 1))).containsExactly(FindingCode.OPTION_NOT_USABLE);
        assertThat(preflight(options(255, false, 1))).isEmpty();
        assertThat(preflight(options(2, false, 0))).containsExactly(FindingCode.OPTION_NOT_USABLE);
        assertThat(preflight(postcopy())).containsExactly(FindingCode.OPTION_NOT_USABLE);
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        assertThat(preflight(postcopy())).containsExactly(FindingCode.OPTION_NOT_USABLE);
    }

    private static MigrationOptions postcopy() {
        return new MigrationOptions(
                OptionalLong.empty(),
                Optional.empty(),
                false,
                OptionalInt.empty(),
                true,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static MigrationOptions options(int channels, boolean postcopy, long bandwidth) {
        return new MigrationOptions(
                OptionalLong.of(bandwidth),
                Optional.empty(),
                false,
                OptionalInt.of(channels),
                postcopy,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
