// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.itests.conformance.Lab.ALPHA;
import static org.understudy.itests.conformance.Lab.BETA;
import static org.understudy.itests.conformance.Nics.MAC;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.NicSelector;
import org.understudy.api.Outcome;
import org.understudy.api.PairChange;
import org.understudy.api.PairHealth;
import org.understudy.api.PairRequest;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepState;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;

/** One test for each correct and incorrect form of a pair, with a real QEMU. */
@Timeout(240)
class FailoverConformanceIT {
    private static Lab lab;
    private static int count;

    private final VmName vm = new VmName("vm" + ++count);

    @BeforeAll
    static void open() throws IOException {
        lab = new Lab();
    }

    @AfterEach
    void clear() {
        lab.clear();
    }

    @AfterAll
    static void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void hidesThePrimaryUntilTheGuestNegotiatesAndThenUsesIt() throws IOException {
        define("", Nics.rightPair());
        lab.vms.start(vm);
        assertThat(lab.presence(ALPHA, vm, "ua-p")).isEqualTo(PrimaryPresence.HIDDEN);
        assertThat(health()).isEqualTo(PairHealth.HIDDEN);
        lab.awaitHealth(vm, PairHealth.ACTIVE);
        assertThat(lab.presence(ALPHA, vm, "ua-p")).isEqualTo(PrimaryPresence.ENABLED);
        lab.awaitGuest(vm, "the primary is up", s -> s.contains("=primary," + MAC + ",e1000e,up"));
        assertThat(lab.hosts.host(ALPHA).standbyNegotiated(vm, new Alias("ua-s")))
                .contains(true);
        assertThat(lab.vms.show(vm).pairs().get(0).kind()).isEqualTo(PrimaryKind.EMULATED);
    }

    @Test
    void migratesTwoPairsOfOneVm() throws IOException {
        String second = "52:54:00:11:22:44";
        define(
                "understudy.ip=10.0.2.15/24,10.0.3.15/24",
                Nics.rightPair()
                        + Nics.port(2)
                        + Nics.standby(second, "ua-s2", true)
                        + Nics.primary(second, "ua-p2", "ua-s2", 2));
        lab.startActive(vm);
        assertThat(lab.vms.show(vm).pairs()).hasSize(2);
        Migration migration = lab.migrate(vm, BETA, MigrationOptions.defaults());
        assertThat(migration.outcome()).contains(Outcome.COMPLETED);
        lab.assertOnlyOn(BETA, vm, VmState.RUNNING);
        assertThat(lab.presence(BETA, vm, "ua-p")).isEqualTo(PrimaryPresence.ENABLED);
        assertThat(lab.presence(BETA, vm, "ua-p2")).isEqualTo(PrimaryPresence.ENABLED);
    }

    @Test
    void turnsAPlainNicIntoAWorkingPair() throws IOException {
        lab.vms.define(ALPHA, lab.domain(vm, "q35", "", Nics.standby(MAC, "ua-s", false)));
        String before = lab.vms.definition(vm);
        PairRequest request = new PairRequest(
                new NicSelector.Only(),
                Optional.of(new PoolName("stand-in")),
                Optional.empty(),
                Optional.empty(),
                Set.of());
        assertThat(lab.pairs.turnOn(vm, request).changed()).isTrue();
        lab.startActive(vm);
        String primary = lab.vms.show(vm).pairs().get(0).primary().value();

        PairChange off = lab.pairs.turnOff(vm, new NicSelector.Only());
        assertThat(off.definition()).isEqualTo(before);
        assertThat(off.effect()).isEqualTo(PairChange.Effect.AT_ONCE);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> lab.presence(ALPHA, vm, primary) == PrimaryPresence.ABSENT);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> lab.vms.show(vm).pairs().isEmpty());
        assertThat(lab.hosts.host(ALPHA).liveDefinition(vm).orElseThrow()).doesNotContain("<alias name='" + primary);

        assertThat(lab.pairs.turnOn(vm, request).effect()).isEqualTo(PairChange.Effect.AT_ONCE);
        lab.awaitHealth(vm, PairHealth.ACTIVE);
    }

    @Test
    void keepsAPrimaryHiddenFromAGuestWithoutStandby() throws IOException {
        define("understudy.nostandby=1", Nics.rightPair());
        lab.vms.start(vm);
        lab.awaitReady(vm);
        assertThat(lab.presence(ALPHA, vm, "ua-p")).isEqualTo(PrimaryPresence.HIDDEN);
        assertThat(health()).isEqualTo(PairHealth.HIDDEN);
        assertThat(lab.migrations.preflight(vm, BETA, MigrationOptions.defaults()))
                .extracting(Finding::code)
                .contains(FindingCode.STANDBY_NOT_NEGOTIATED);
        Migration migration = lab.migrate(vm, BETA, MigrationOptions.defaults());
        assertThat(migration.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        lab.assertOnlyOn(BETA, vm, VmState.RUNNING);
    }

    @Test
    void reportsAPrimaryWithoutAPairId() throws IOException {
        String plain = Nics.primary(MAC, "ua-p", "ua-s", 1)
                .replace("      <teaming type='transient' persistent='ua-s'/>\n", "");
        defineUnchecked("", Nics.port(1) + Nics.standby(MAC, "ua-s", true) + plain);
        assertThat(codes(lab.pairs.lint(vm))).contains(FindingCode.DUPLICATE_MAC);
        lab.hosts.host(ALPHA).start(vm, java.util.Map.of());
        lab.awaitReady(vm);
        assertThat(lab.vms.show(vm).pairs()).isEmpty();
        lab.assertOnlyOn(ALPHA, vm, VmState.RUNNING);
    }

    @Test
    void reportsAPrimaryOnTheRootBusWhichNeverComesUp() throws IOException {
        defineUnchecked("", Nics.standby(MAC, "ua-s", true) + Nics.primary(MAC, "ua-p", "ua-s", 0));
        assertThat(codes(lab.pairs.lint(vm))).contains(FindingCode.PRIMARY_ON_ROOT_BUS);
        startUnchecked();
        if (lab.state(ALPHA, vm) == VmState.RUNNING) {
            lab.awaitReady(vm);
            assertThat(lab.presence(ALPHA, vm, "ua-p")).isNotIn(PrimaryPresence.ENABLED, PrimaryPresence.PLUGGED);
            assertThat(health()).isNotEqualTo(PairHealth.ACTIVE);
        }
    }

    @Test
    void reportsAWrongPairId() throws IOException {
        defineUnchecked("", Nics.port(1) + Nics.standby(MAC, "ua-s", true) + Nics.primary(MAC, "ua-p", "ua-other", 1));
        assertThat(codes(lab.pairs.lint(vm))).contains(FindingCode.ALIAS_UNKNOWN);
        startUnchecked();
        assertThat(lab.vms.show(vm).pairs()).isEmpty();
    }

    @Test
    void reportsFailoverSwitchedOffOnTheStandby() throws IOException {
        defineUnchecked("", Nics.port(1) + Nics.standby(MAC, "ua-s", false) + Nics.primary(MAC, "ua-p", "ua-s", 1));
        assertThat(codes(lab.pairs.lint(vm))).contains(FindingCode.ALIAS_NOT_PERSISTENT);
        startUnchecked();
        assertThat(lab.vms.show(vm).pairs()).isEmpty();
    }

    @Test
    void reportsAMacMismatch() throws IOException {
        defineUnchecked(
                "",
                Nics.port(1) + Nics.standby(MAC, "ua-s", true) + Nics.primary("52:54:00:99:99:99", "ua-p", "ua-s", 1));
        assertThat(codes(lab.pairs.lint(vm))).contains(FindingCode.MAC_MISMATCH);
        startUnchecked();
        lab.awaitReady(vm);
        // QEMU plugs it nevertheless; the guest cannot pair two addresses.
        lab.awaitGuest(vm, "the guest sees it as a NIC of its own", s -> s.contains("=plain,52:54:00:99:99:99,e1000e"));
        lab.assertOnlyOn(ALPHA, vm, VmState.RUNNING);
    }

    @Test
    void refusesAPairOnAMachineWithoutPcie() throws IOException {
        String definition =
                lab.domain(vm, "pc", "", Nics.standby(MAC, "ua-s", true) + Nics.primary(MAC, "ua-p", "ua-s", 0));
        assertThat(codes(lab.pairs.lint(definition, Optional.of(ALPHA)))).contains(FindingCode.MACHINE_WITHOUT_PCIE);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> lab.vms.define(ALPHA, definition))
                .isInstanceOf(org.understudy.api.UnderstudyException.class);
        assertThat(lab.hosts.host(ALPHA).find(vm)).isEmpty();
    }

    @Test
    void worksWithThePrimaryBeforeTheStandby() throws IOException {
        define("", Nics.port(1) + Nics.primary(MAC, "ua-p", "ua-s", 1) + Nics.standby(MAC, "ua-s", true));
        lab.startActive(vm);
        Migration migration = lab.migrate(vm, BETA, MigrationOptions.defaults());
        assertThat(migration.outcome()).as("%s", migration).contains(Outcome.COMPLETED);
    }

    @Test
    void keepsTheVmOnTheSourceWhenTheGuestNeverEjects() throws Exception {
        define("understudy.hang=primary", Nics.rightPair());
        lab.vms.start(vm);
        lab.awaitHang(vm);
        Migration migration = lab.migrate(vm, BETA, MigrationOptions.defaults());
        assertThat(migration.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(migration.steps().get(MigrationStep.TO_STANDBY.ordinal()).state())
                .isIn(StepState.FAILED, StepState.UNDONE);
        assertThat(codes(migration.findings())).contains(FindingCode.PRIMARY_NOT_RELEASED);
        lab.assertOnlyOn(ALPHA, vm, VmState.RUNNING);
        assertThat(codes(lab.migrations.preflight(vm, BETA, MigrationOptions.defaults())))
                .contains(FindingCode.EJECT_PENDING);
    }

    @Test
    void cancelsWhileItWaitsForTheUnplug() throws Exception {
        define("understudy.hang=primary", Nics.rightPair());
        lab.vms.start(vm);
        lab.awaitHang(vm);
        lab.awaitSettled(vm, BETA);
        Migration started = lab.migrations.start(vm, BETA, MigrationOptions.defaults());
        lab.awaitStep(started, MigrationStep.TO_STANDBY);
        lab.migrations.cancel(started.id());
        assertThat(lab.end(started).outcome()).contains(Outcome.CANCELLED);
        lab.assertOnlyOn(ALPHA, vm, VmState.RUNNING);
    }

    @Test
    void reportsTheRealStateWhenTheGuestIsResetDuringAMigration() throws IOException {
        define("", Nics.rightPair());
        lab.startActive(vm);
        Migration started = lab.startSlowly(vm);
        lab.hosts.host(ALPHA).reset(vm);
        Migration ended = lab.end(started);
        assertThat(ended.outcome()).isPresent();
        boolean moved =
                ended.outcome().get() == Outcome.COMPLETED || ended.outcome().get() == Outcome.COMPLETED_DEGRADED;
        lab.assertOnlyOn(moved ? BETA : ALPHA, vm, VmState.RUNNING);
        lab.awaitHealth(vm, PairHealth.ACTIVE);
    }

    private void define(String commandLine, String nics) throws IOException {
        lab.vms.define(ALPHA, lab.domain(vm, "q35", commandLine, nics));
    }

    /** Without the linter, as another tool would. */
    private void defineUnchecked(String commandLine, String nics) throws IOException {
        lab.hosts.host(ALPHA).define(lab.domain(vm, "q35", commandLine, nics));
    }

    private void startUnchecked() {
        try {
            lab.hosts.host(ALPHA).start(vm, java.util.Map.of());
        } catch (org.understudy.api.UnderstudyException e) {
            assertThat(lab.state(ALPHA, vm))
                    .as("a refused start leaves the VM off: %s", e)
                    .isEqualTo(VmState.SHUTOFF);
        }
    }

    private PairHealth health() {
        return lab.vms.show(vm).pairs().get(0).health();
    }

    private static List<FindingCode> codes(List<Finding> findings) {
        return findings.stream().map(Finding::code).toList();
    }
}
