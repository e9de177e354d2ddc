// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.VM;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.Severity;
import org.understudy.api.VmState;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

/** The reason of an outcome is its first finding, and no other remedy contradicts its own. */
class NextStepTest {
    private static final String START_ON_SOURCE = "Start the VM on host a";
    private static final Finding NOTE = new Finding(
            FindingCode.NO_GAP_PROBE, Severity.WARNING, "vm web1", "A warning of the preflight", "Wait.", false);

    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.lint.add(NOTE);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private static Finding first(Migration m) {
        return m.findings().get(0);
    }

    private static List<String> remedies(Migration m) {
        return m.findings().stream().map(Finding::remedy).toList();
    }

    @Test
    void refusalBeginsWithItsFirstError() {
        bench.lint.add(
                Finding.of(FindingCode.VM_NOT_MIGRATABLE, "vm web1", "The VM has a local disk", "Move the disk."));

        assertThat(first(bench.migrate()).code()).isEqualTo(FindingCode.VM_NOT_MIGRATABLE);
    }

    @Test
    void reasonOfAFailureComesBeforeTheWarningsOfThePreflight() {
        bench.a.with(Fault.COPY_FAILS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(first(m).code()).isEqualTo(FindingCode.MIGRATION_FAILED);
        assertThat(m.findings()).contains(NOTE);
    }

    @Test
    void failedRollbackComesBeforeItsCause() {
        bench.a.with(Fault.COPY_FAILS, Fault.NO_REPLUG, Fault.REPLUG_FAILS);

        Migration m = bench.migrate();

        assertThat(first(m).code()).isEqualTo(FindingCode.UNDO_FAILED);
        assertThat(first(m).message()).contains("undoGuest", "device_add failed");
        assertThat(first(m).remedy()).contains("host a");
    }

    @Test
    void startOnTheSourceIsNotAdvisedWhileTheReceiverMayRun() {
        bench.a.with(Fault.DIES_IN_COPY);
        bench.b.with(Fault.ABORT_FAILS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(first(m).remedy()).contains("End the QEMU process of the VM on host b");
        assertThat(remedies(m)).noneMatch(r -> r.startsWith(START_ON_SOURCE));
    }

    @Test
    void startOnTheSourceIsNotAdvisedWhereTheVmRunsOnTheDestination() {
        bench.a.with(Fault.SWITCHES_BY_ITSELF, Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.b.vm(VM).state(VmState.RUNNING);
        bench.a.vm(VM).stop("QEMU exited with 137");

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(first(m).code()).isEqualTo(FindingCode.STATE_INCONSISTENT);
        assertThat(first(m).message()).contains("runs on host b");
        assertThat(first(m).remedy()).contains("(a: shut off; b: running)");
        assertThat(remedies(m)).noneMatch(r -> r.startsWith(START_ON_SOURCE));
        assertThat(bench.b.calls()).doesNotContain("abort web1");
    }

    @Test
    void hostThatVanishesBeforeTheSwitchoverIsNamedWithTheVmThatMayBePausedThere() {
        bench.a.with(Fault.AWAY_IN_SWITCH);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.PAUSED);
        assertThat(first(m).message())
                .isEqualTo("VM web1 may be paused on host a, which does not answer: the host does not answer");
        assertThat(first(m).remedy())
                .isEqualTo("Make host a reachable, then resume the VM there with \"understudy:vm-resume web1\" if it is"
                        + " paused.");
        assertThat(m.findings())
                .filteredOn(f -> f.message().contains("may be paused"))
                .hasSize(1);
        assertThat(remedies(m)).noneMatch(r -> r.startsWith(START_ON_SOURCE));
    }

    @Test
    void vmThatMayBePausedIsNotResumedBeforeTheReceiverHasEnded() {
        bench.a.with(Fault.AWAY_IN_SWITCH);
        bench.b.with(Fault.ABORT_FAILS);

        Migration m = bench.migrate();

        assertThat(first(m).message()).startsWith("VM web1 may be paused on host a");
        assertThat(first(m).remedy())
                .startsWith("End the QEMU process of the VM on host b, make host a reachable, then resume");
    }

    @Test
    void startOnTheSourceNamesTheAnswersOfBothHosts() {
        bench.a.with(Fault.DIES_IN_COPY);

        assertThat(first(bench.migrate()).remedy())
                .startsWith(START_ON_SOURCE)
                .contains("(a: shut off; b: no such VM)");
    }

    @Test
    void startOnTheSourceIsNotAdvisedWhereTheDestinationDoesNotAnswer() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.b.with(Fault.AWAY);
        bench.a.vm(VM).stop("QEMU exited with 137");

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(first(m).remedy()).contains("a: shut off; b: no answer (" + FakeHost.AWAY_REASON);
        assertThat(remedies(m)).noneMatch(r -> r.startsWith(START_ON_SOURCE));
    }

    @Test
    void startOnTheSourceIsNotAdvisedWhereItDoesNotHaveTheVmAnyMore() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.a.vm(VM).stop("migrated");
        bench.a.undefine(VM);

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(first(m).remedy()).contains("a: no such VM; b: no such VM");
        assertThat(remedies(m)).noneMatch(r -> r.startsWith(START_ON_SOURCE));
    }

    @Test
    void startOnTheDestinationIsAdvisedOnlyBehindTheEndOfThePausedSource() {
        bench.patience = Duration.ofSeconds(5);
        bench.b.with(Fault.PRIMARY_MISSING);
        Migration running = bench.startAndReach(MigrationStep.TO_PRIMARY);
        bench.b.vm(VM).stop("QEMU exited with 137");

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(first(m).remedy())
                .startsWith("Destroy the VM on host a")
                .contains("then start it on host b", "(a: paused; b: shut off)");
    }

    @Test
    void lostGuestHasOneNextStep() {
        bench.a.with(Fault.DIES_IN_COPY);

        Migration m = bench.migrate();

        assertThat(first(m).code()).isEqualTo(FindingCode.GUEST_NOT_RUNNING);
        assertThat(first(m).remedy()).startsWith(START_ON_SOURCE);
        assertThat(m.findings())
                .filteredOn(f -> f.code() == FindingCode.GUEST_NOT_RUNNING)
                .hasSize(1);
    }

    @Test
    void anotherStartIsNotAdvisedAfterARestartWhereTheVmDoesNotRun() {
        bench.patience = Duration.ofSeconds(2);
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.service().close();
        bench.a.vm(VM).stop("QEMU exited with 137");

        bench.restart();
        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(first(m).code()).isEqualTo(FindingCode.GUEST_NOT_RUNNING);
        assertThat(remedies(m)).noneMatch(r -> r.contains("migration again"));
    }

    @Test
    void destinationThatDoesNotAnswerIsCheckedBeforeAnythingElse() {
        bench.b.with(Fault.ACCEPT_HANGS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(first(m).remedy()).contains("host b", "before you start it");
        assertThat(remedies(m)).noneMatch(r -> r.contains("etc/understudy.yaml"));
    }

    @Test
    void primaryThatCouldNotBePluggedIsOneFinding() {
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.b.with(Fault.PRIMARY_LATE, Fault.REPLUG_FAILS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        assertThat(first(m).message()).contains("device_add failed");
        assertThat(m.findings())
                .filteredOn(f -> f.code() == FindingCode.PRIMARY_NOT_RETURNED)
                .hasSize(1);
    }

    @Test
    void primaryThatTheHostRefusesToPlugIsNotWaitedFor() {
        bench.patience = Duration.ofSeconds(30);
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.b.with(Fault.PRIMARY_LATE, Fault.REPLUG_FAILS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        assertThat(MigrationBench.step(m, MigrationStep.TO_PRIMARY).duration().orElseThrow())
                .isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void silentVmComesFirst() {
        bench.probe.silent = true;

        Migration m =
                bench.migrate(MigrationOptions.defaults().withProbe(new ProbeTarget.Heartbeat("127.0.0.1", 0, 7)));

        assertThat(first(m).code()).isEqualTo(FindingCode.VM_SILENT);
    }

    @Test
    void anotherAttemptIsNotAdvisedWhereTheRollbackFailed() {
        String nextStep = "End the QEMU process of the VM on host b, then resume the VM on host a.";
        MigrationStatusBuilder status = new MigrationStatusBuilder(bench.migrate(), SystemScheduler.process(), m -> {});
        status.reason(List.of(Finding.of(
                FindingCode.HOST_UNAVAILABLE,
                "vm web1, step 4",
                "HOST_UNAVAILABLE: timed out",
                ErrorCode.HOST_UNAVAILABLE.remedy())));

        status.reason(List.of(Finding.of(FindingCode.UNDO_FAILED, "vm web1", "The VM is paused", nextStep)));

        assertThat(first(status.now()).code()).isEqualTo(FindingCode.UNDO_FAILED);
        assertThat(remedies(status.now()).subList(0, 2)).containsOnly(nextStep);
    }
}
