// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.PRIMARY;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.codes;
import static org.understudy.core.migration.MigrationBench.step;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.Severity;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

class MigrationOutcomeTest {
    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private void assertRunsOnSourceAsBefore() {
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.a.primaryPresence(VM, PRIMARY)).isEqualTo(PrimaryPresence.ENABLED);
        assertThat(bench.b.find(VM)).isEmpty();
    }

    @Test
    void keepsVmOnSourceWhenGuestDoesNotReleaseVf() {
        bench.a.with(Fault.NEVER_EJECTS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(codes(m)).contains("primary-not-released");
        assertThat(step(m, MigrationStep.TO_STANDBY).state()).isEqualTo(StepState.FAILED);
        assertThat(step(m, MigrationStep.LEASE).state()).isEqualTo(StepState.UNDONE);
        assertThat(bench.a.calls()).containsExactly("send web1", "cancel web1");
        assertRunsOnSourceAsBefore();
    }

    @Test
    void abortsWithinTheUnplugDeadlineWhenQemuWaitsForAPrimaryThatItDoesNotReport() {
        bench.copyPatience = 100;
        bench.a.vm(MigrationBench.VM).primary(MigrationBench.PRIMARY, PrimaryPresence.ABSENT);
        bench.a.with(Fault.WAITS_FOR_UNKNOWN_PRIMARY).with(Fault.NEVER_EJECTS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(codes(m)).contains("primary-not-released").doesNotContain("step-deadline-exceeded");
        assertThat(step(m, MigrationStep.COPY).state()).isEqualTo(StepState.FAILED);
        assertThat(bench.a.calls()).containsExactly("send web1", "cancel web1");
    }

    @Test
    void reportsACopyThatDoesNotConvergeWhileItRuns() {
        bench.copyPatience = 1000;
        bench.a.with(Fault.REWRITES_MEMORY);
        Migration running = bench.startAndReach(MigrationStep.COPY, withDowntimeLimit(Duration.ofMillis(10)));
        bench.time.flow();

        MigrationBench.soon()
                .until(() -> codes(bench.service().show(running.id())).contains("copy-not-converging"));
        Finding found = bench.service().show(running.id()).findings().stream()
                .filter(f -> f.code() == FindingCode.COPY_NOT_CONVERGING)
                .findFirst()
                .orElseThrow();
        assertThat(found.severity()).isEqualTo(Severity.WARNING);
        assertThat(found.message())
                .startsWith("Copy of VM web1 does not converge: 0.")
                .contains("QEMU sends")
                .endsWith("forecast: no end at these rates");
        assertThat(found.remedy())
                .startsWith("Cancel the migration with \"understudy:migration-cancel " + running.id() + "\"")
                .endsWith("--auto-converge or a higher --bandwidth or --downtime-limit 1s.");

        bench.a.without(Fault.REWRITES_MEMORY);
        Migration m = bench.await(running);
        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(codes(m)).doesNotContain("copy-not-converging");
    }

    private static MigrationOptions withDowntimeLimit(Duration limit) {
        MigrationOptions defaults = MigrationOptions.defaults();
        return new MigrationOptions(
                defaults.bandwidth(),
                Optional.of(limit),
                false,
                defaults.multifdChannels(),
                false,
                false,
                defaults.requireVf(),
                defaults.strategy(),
                defaults.probe());
    }

    @Test
    void endsACopyThatMakesNoProgress() {
        bench.a.with(Fault.REWRITES_MEMORY);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings().get(0).code()).isEqualTo(FindingCode.COPY_NOT_CONVERGING);
        assertThat(m.findings().get(0).severity()).isEqualTo(Severity.ERROR);
        assertThat(m.findings().get(0).remedy()).startsWith("Start the migration again with --auto-converge");
        assertThat(codes(m)).containsOnlyOnce("copy-not-converging");
        assertThat(step(m, MigrationStep.COPY).state()).isEqualTo(StepState.FAILED);
        assertRunsOnSourceAsBefore();
    }

    @Test
    void goesOnWithASlowCopyFarBeyondTheDeadline() {
        bench.a.with(Fault.COPIES_SLOWLY);
        Migration running = bench.startAndReach(MigrationStep.COPY);

        bench.time.flow();
        MigrationBench.soon()
                .until(() -> step(bench.service().show(running.id()), MigrationStep.COPY)
                                .duration()
                                .orElseThrow()
                                .compareTo(bench.patience.multipliedBy(20))
                        > 0);
        bench.a.without(Fault.COPIES_SLOWLY);

        assertThat(bench.await(running).outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void abortsWhenQemuCopiesWithoutProofOfTheUnplug() {
        bench.a.with(Fault.NO_WAIT_UNPLUG);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(codes(m)).contains("primary-not-released");
        assertRunsOnSourceAsBefore();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"STUCK_IN_SETUP", "STUCK_IN_COPY", "STUCK_IN_SWITCH", "COPY_FAILS", "START_FAILS"})
    void keepsVmOnSourceWhenTheSourceCannotSend(Fault fault) {
        bench.a.with(fault);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertRunsOnSourceAsBefore();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"PREPARE_FAILS", "PREPARE_HANGS", "RECEIVER_DIES", "FACTS_HANG"})
    void keepsVmOnSourceWhenTheDestinationCannotReceive(Fault fault) {
        bench.b.with(fault);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        bench.b.without(fault);
        MigrationBench.soon().untilAsserted(this::assertRunsOnSourceAsBefore);
    }

    @Test
    void migratesTheVmOnceTheSourceAnswersAgain() {
        bench.a.with(Fault.AWAY_IN_COPY);

        assertThat(bench.migrate().outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void keepsVmOnASourceWhoseMigrationFailedWhileItWasUnreachable() {
        bench.a.with(Fault.AWAY_IN_COPY).with(Fault.COPY_FAILS);

        assertThat(bench.migrate().outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertRunsOnSourceAsBefore();
    }

    @Test
    void releasesTheLeaseOnTheDestinationAndKeepsTheOneOnTheSourceAfterAFailure() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.a.with(Fault.COPY_FAILS);
        bench.pools.leased.add(bench.leaseOnSource());

        assertThat(bench.migrate().outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(bench.pools.released)
                .singleElement()
                .satisfies(l -> assertThat(l.host()).isEqualTo(MigrationBench.B));
        assertThat(bench.pools.leases(bench.a.name())).containsExactly(bench.leaseOnSource());
    }

    @Test
    void endsForwardingWhenTheGuestHasItsVfAgain() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.a.with(Fault.COPY_FAILS);
        bench.pools.leased.add(bench.leaseOnSource());

        assertThat(bench.migrate().outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(bench.calls).containsSubsequence("detour a true", "detour a false");
    }

    @Test
    void migratesTheVmAndReportsPossibleLossWhereForwardingIsNotPermitted() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.pools.leased.add(bench.leaseOnSource());
        bench.pools.forwardingFailure =
                Optional.of(new UnderstudyException(ErrorCode.NOT_PERMITTED, "the access list does not allow it"));

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(codes(m)).contains("detour-failed");
        assertThat(forwardingRemedy(m)).contains("access list");
    }

    @Test
    void remedyOfForwardingThatFailedOtherwiseIsThatOfTheCause() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.pools.leased.add(bench.leaseOnSource());
        bench.pools.forwardingFailure =
                Optional.of(new UnderstudyException(ErrorCode.VF_FAILED, "detour cannot be written: No space left"));

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(forwardingRemedy(m)).isEqualTo(ErrorCode.VF_FAILED.remedy());
    }

    private static String forwardingRemedy(Migration m) {
        return m.findings().stream()
                .filter(f -> f.code() == FindingCode.DETOUR_FAILED)
                .findFirst()
                .orElseThrow()
                .remedy();
    }

    @Test
    void refusesWhenThePoolIsEmpty() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.pools.left = 0;

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(codes(m)).contains("pool-exhausted");
        assertThat(bench.a.calls()).isEmpty();
        assertThat(bench.b.calls()).isEmpty();
    }

    @Test
    void migratesTheVmWithoutAVfWhereThatIsAccepted() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.pools.left = 0;

        Migration m = bench.migrate(MigrationOptions.defaults().acceptingStandby());

        assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        assertThat(codes(m)).contains("primary-not-returned");
        assertThat(bench.calls).contains("unplug ua-vf0", "accept web1").doesNotContain("plug ua-vf0");
    }

    @Test
    void needsAttentionWhenTheVmSendsNoProbeTrafficAfterItsArrival() {
        bench.probe.silent = true;

        Migration m =
                bench.migrate(MigrationOptions.defaults().withProbe(new ProbeTarget.Heartbeat("127.0.0.1", 0, 7)));

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("vm-silent");
    }

    @Test
    void stopOfThisServerIsNoSilenceOfTheVm() {
        AtomicInteger answers = new AtomicInteger();
        bench.probe.silent = true;
        bench.probe.onTraffic = () -> {
            int answer = answers.incrementAndGet();
            if (answer == 2) {
                bench.time.passStopped(Duration.ofSeconds(40));
            }
            bench.probe.silent = answer < 4;
        };

        Migration m =
                bench.migrate(MigrationOptions.defaults().withProbe(new ProbeTarget.Heartbeat("127.0.0.1", 0, 7)));

        assertThat(m.outcome()).as("%s", m).contains(Outcome.COMPLETED);
        assertThat(answers).hasValueGreaterThan(3);
    }

    @Test
    void rollsBackWhenTheGuestDoesNotReleaseItsPrimaryBeforeSending() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);
        bench.a.with(Fault.NEVER_EJECTS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(codes(m)).contains("primary-not-released", "eject-pending");
        assertThat(bench.calls).doesNotContain("send web1");
        assertThat(bench.b.find(VM)).isEmpty();
    }

    @Test
    void plugsAnExplicitlyUnpluggedPrimaryAgainWhenTheMigrationFails() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);
        bench.a.with(Fault.COPY_FAILS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(bench.a.calls()).containsSubsequence("unplug ua-vf0", "send web1", "plug ua-vf0");
        assertThat(bench.a.primaryPresence(VM, PRIMARY)).isEqualTo(PrimaryPresence.ENABLED);
    }

    @Test
    void plugsThePrimaryAgainWhenQemuDoesNot() {
        bench.a.with(Fault.COPY_FAILS, Fault.NO_REPLUG);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(bench.a.calls()).contains("plug ua-vf0");
        assertRunsOnSourceAsBefore();
    }

    @Test
    void needsAttentionWhenThePrimaryCannotBePluggedAgain() {
        bench.a.with(Fault.COPY_FAILS, Fault.NO_REPLUG, Fault.REPLUG_FAILS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("undo-failed");
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.b.find(VM)).isEmpty();
    }

    @Test
    void isDegradedWhenThePrimaryDoesNotReturn() {
        bench.b.with(Fault.PRIMARY_MISSING);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        assertThat(codes(m)).contains("primary-not-returned");
        assertThat(step(m, MigrationStep.TO_PRIMARY).state()).isEqualTo(StepState.FAILED);
        assertThat(step(m, MigrationStep.RELEASE).state()).isEqualTo(StepState.DONE);
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void needsAttentionWhenARequiredPrimaryDoesNotReturn() {
        bench.requireVf = true;
        bench.b.with(Fault.PRIMARY_MISSING);

        assertThat(bench.migrate().outcome()).contains(Outcome.NEEDS_ATTENTION);
    }

    @Test
    void isDegradedWhenTheGuestNeverHadItsPrimary() {
        bench.a.vm(VM).primary(PRIMARY, PrimaryPresence.HIDDEN).negotiated(Optional.of(false));

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        assertThat(codes(m)).contains("standby-not-negotiated");
        assertThat(step(m, MigrationStep.TO_STANDBY).state()).isEqualTo(StepState.SKIPPED);
    }

    @Test
    void plugsAPrimaryThatTheSourceHadLost() {
        bench.pairs.add(MigrationBench.pair(MigrationBench.SECOND, PrimaryKind.EMULATED));
        bench.a.vm(VM).primary(MigrationBench.SECOND, PrimaryPresence.ABSENT);

        Migration m = bench.migrate();

        assertThat(codes(m)).contains("primary-absent");
        assertThat(m.outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void needsAttentionWhenTheSourceDiesInTheCopy() {
        bench.a.with(Fault.DIES_IN_COPY);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("guest-not-running");
        assertThat(bench.b.calls()).containsExactly("prepare web1", "abort web1");
        assertThat(bench.b.find(VM)).isEmpty();
        assertThat(bench.a.definition(VM)).isEqualTo(MigrationBench.DEFINITION);
    }

    @Test
    void completesWhenTheSourceDiesAfterItsLastByte() {
        bench.a.with(Fault.DIES_AFTER_LAST_BYTE);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void changesNothingWhenTheSourceDoesNotAnswerAfterItsLastByte() {
        bench.a.with(Fault.SILENT_AFTER_LAST_BYTE);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("state-inconsistent");
        assertThat(bench.b.calls()).containsExactly("prepare web1");
        assertThat(bench.a.calls()).containsExactly("send web1");
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"ACCEPT_UNANSWERED", "ACCEPT_HANGS"})
    void neverResumesTheSourceWhenTheDestinationMayRunTheGuest(Fault fault) {
        bench.b.with(fault);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(bench.a.calls()).containsExactly("send web1");
        assertThat(bench.b.calls()).doesNotContain("abort web1");
    }

    @Test
    void neverResumesTheSourceWhenTheReceiverMayStillExist() {
        bench.b.with(Fault.ACCEPT_REFUSED, Fault.ABORT_FAILS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("undo-failed");
        assertThat(bench.a.calls()).doesNotContain("resume web1");
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.PAUSED);
    }

    @Test
    void resumesTheSourceOnlyAfterTheReceiverHasEnded() {
        bench.b.with(Fault.ACCEPT_REFUSED);

        Migration m = bench.migrate();

        assertThat(bench.b.calls()).containsExactly("prepare web1", "abort web1");
        assertThat(bench.a.calls()).contains("resume web1");
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("migration-failed", "primary-not-returned");
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"FINISH_FAILS", "FINISH_HANGS"})
    void needsAttentionWhenTheSourceCannotBeCleanedUp(Fault fault) {
        bench.a.with(fault);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(step(m, MigrationStep.RELEASE).state()).isEqualTo(StepState.FAILED);
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void needsAttentionWhenQemuNeverCancels() {
        bench.a.with(Fault.STUCK_IN_COPY, Fault.CANCEL_HANGS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("step-deadline-exceeded", "undo-failed");
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void neverResumesTheSourceWhenItIsUnknownWhetherTheDestinationRunsTheGuest() {
        bench.b.with(Fault.AWAY_ONCE_REFUSED);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings().toString()).contains("cont was refused", FakeHost.AWAY_REASON);
        assertThat(bench.a.calls()).containsExactly("send web1");
        assertThat(bench.b.calls()).doesNotContain("abort web1");
    }

    @Test
    void reportsWhyItIsUnknownWhetherThePrimaryReturned() {
        bench.b.with(Fault.PRESENCE_UNANSWERED);

        Migration m = bench.migrate();

        assertThat(m.findings().toString())
                .contains("It is unknown whether the guest has enabled", FakeHost.AWAY_REASON);
        assertThat(step(m, MigrationStep.TO_PRIMARY).facts().get(PRIMARY.value()))
                .contains(FakeHost.AWAY_REASON);
        assertThat(bench.b.calls()).doesNotContain("plug ua-vf0");
    }

    @Test
    void reportsWhyItIsUnknownWhetherTheSourceHasItsPrimaryAgain() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.a.with(Fault.PRESENCE_UNANSWERED);
        bench.service().cancel(running.id());

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings().toString()).contains("it is unknown whether it has ua-vf0", FakeHost.AWAY_REASON);
        assertThat(bench.a.calls()).doesNotContain("plug ua-vf0");
    }

    @Test
    void endsWithTheReasonWhenAStepThrowsAnError() {
        bench.b.with(Fault.FIND_ERROR);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings().toString()).contains("a class of the connector is missing");
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }
}
