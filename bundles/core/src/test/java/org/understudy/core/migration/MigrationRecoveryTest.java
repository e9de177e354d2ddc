// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.PRIMARY;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.codes;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.PciAddress;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

class MigrationRecoveryTest {
    private static final MigrationId ID = new MigrationId("m-20261101-101500-1");

    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.patience = Duration.ofSeconds(2);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @ParameterizedTest
    @CsvSource({
        "PREFLIGHT, FACTS_HANG",
        "LEASE, PREPARE_HANGS",
        "TO_STANDBY, NEVER_EJECTS",
        "COPY, STUCK_IN_COPY",
        "SWITCH, STUCK_IN_SWITCH"
    })
    void rollsBackWhatWasNotCommitted(MigrationStep at, Fault fault) {
        bench.a.with(fault);
        bench.b.with(fault);
        Migration running = bench.startAndReach(at);
        bench.service().close();
        bench.a.without(fault);
        bench.b.without(fault);

        bench.restart();
        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(MigrationBench.step(m, at).duration())
                .as("began before this server")
                .isEmpty();
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.a.primaryPresence(VM, PRIMARY)).isIn(PrimaryPresence.ENABLED, PrimaryPresence.PLUGGED);
        MigrationBench.soon().until(() -> bench.b.find(VM).isEmpty());
        assertThat(bench.service().start(VM, B, MigrationOptions.defaults()).isRunning())
                .isTrue();
    }

    /** Both ends as they are when the source has sent everything. */
    private IncomingMigration sent() {
        IncomingMigration incoming = bench.b.prepareIncoming(new IncomingRequest(
                ID, VM, MigrationBench.DEFINITION, MigrationBench.DEFINITION, MigrationOptions.defaults(), Map.of()));
        OutgoingMigration outgoing =
                bench.a.startOutgoing(new OutgoingRequest(ID, VM, incoming.uri(), MigrationOptions.defaults(), "", ""));
        MigrationBench.soon().until(() -> outgoing.progress().phase() == MigrationPhase.PRE_SWITCHOVER);
        outgoing.continueToSwitch();
        return incoming;
    }

    private Migration recovered(MigrationJournal.Stage stage) {
        return bench.await(interrupted(stage));
    }

    private Migration interrupted(MigrationJournal.Stage stage) {
        Migration first = new Migration(
                ID,
                7,
                VM,
                Optional.empty(),
                bench.a.name(),
                B,
                List.of(PrimaryKind.EMULATED),
                Instant.now(),
                Optional.empty(),
                MigrationStatusBuilder.pendingSteps(),
                Optional.of(100),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("the migration has not ended"),
                List.of());
        new MigrationJournal(folder)
                .write(new MigrationJournal.Entry(stage, first, MigrationOptions.defaults(), List.of(), false));
        return first;
    }

    @Test
    void finishesOnTheSourceWhenTheDestinationRuns() {
        sent().accept();

        Migration m = recovered(MigrationJournal.Stage.COMMITTED);

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.primaries()).containsExactly(PrimaryKind.EMULATED);
        assertThat(bench.a.calls()).contains("finish web1").doesNotContain("resume web1");
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void observesAHostThatSwitchesByItselfToTheEnd() {
        bench.a.with(Fault.SWITCHES_BY_ITSELF, Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.service().close();
        bench.a.without(Fault.STUCK_IN_COPY);

        bench.restart();
        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.a.calls()).doesNotContain("cancel web1");
    }

    /** Without its VF the VM would be degraded by the configuration, which does not require one. */
    @Test
    void usesTheOptionsOfItsRequest() {
        bench.a.with(Fault.SWITCHES_BY_ITSELF, Fault.STUCK_IN_COPY);
        bench.b.with(Fault.PRIMARY_MISSING);
        MigrationOptions options = new MigrationOptions(
                        OptionalLong.of(1_000_000),
                        Optional.of(Duration.ofMillis(300)),
                        false,
                        OptionalInt.empty(),
                        false,
                        false,
                        Optional.of(true),
                        Optional.of(MigrationStrategy.AUTOMATIC),
                        Optional.empty())
                .withProbe(new ProbeTarget.Heartbeat("127.0.0.1", 0, 7));
        Migration running = bench.startAndReach(MigrationStep.COPY, options);
        bench.service().close();
        assertThat(new MigrationJournal(folder).all())
                .singleElement()
                .satisfies(e -> assertThat(e.options()).isEqualTo(options));
        bench.a.without(Fault.STUCK_IN_COPY);

        bench.restart();

        assertThat(bench.await(running).outcome()).contains(Outcome.NEEDS_ATTENTION);
    }

    @Test
    void releasesTheVfOfTheSourceAndNoOther() {
        sent().accept();
        Lease there = new Lease(B, MigrationBench.POOL, VM, PRIMARY, PciAddress.parse("0000:02:10.0"), "server", 1);
        bench.pools.leased.addAll(List.of(bench.leaseOnSource(), there));
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));

        assertThat(recovered(MigrationJournal.Stage.COMMITTED).outcome()).contains(Outcome.COMPLETED);

        assertThat(bench.pools.released).containsExactly(bench.leaseOnSource());
        assertThat(bench.pools.leases(B)).containsExactly(there);
    }

    @Test
    void acceptsWhenTheSourceHadStoppedForGood() {
        sent();

        Migration m = recovered(MigrationJournal.Stage.COMMITTED);

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(bench.b.calls()).contains("accept web1");
        assertThat(bench.a.find(VM)).isEmpty();
    }

    @Test
    void rollsBackAfterTheLastByteIfItWasNotCommitted() {
        sent();

        Migration m = recovered(MigrationJournal.Stage.PREPARED);

        assertThat(bench.b.calls()).containsExactly("prepare web1", "abort web1");
        assertThat(bench.a.calls()).contains("resume web1");
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
    }

    @Test
    void changesNothingWhenTheDestinationLostACommittedVm() {
        sent();
        bench.b.undefine(VM);
        List<String> before = bench.a.calls();

        Migration m = recovered(MigrationJournal.Stage.COMMITTED);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("state-inconsistent");
        assertThat(m.findings().get(0).remedy()).contains("(a: paused; b: no such VM)");
        assertThat(bench.a.calls()).isEqualTo(before);
    }

    @Test
    void changesNothingWhenTheVmRunsOnBothHosts() {
        sent().accept();
        bench.a.vm(VM).state(VmState.RUNNING);
        List<String> before = bench.a.calls();

        Migration m = recovered(MigrationJournal.Stage.COMMITTED);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings().get(0).remedy()).contains("(a: running; b: running)");
        assertThat(bench.a.calls()).isEqualTo(before);
    }

    @Test
    void aPausedVmThatIsLeftOnTheSourceIsOnlyDestroyedByTheAnswersOfBothHosts() {
        bench.b
                .prepareIncoming(new IncomingRequest(
                        ID,
                        VM,
                        MigrationBench.DEFINITION,
                        MigrationBench.DEFINITION,
                        MigrationOptions.defaults(),
                        Map.of()))
                .accept();
        bench.b.vm(VM).primary(PRIMARY, PrimaryPresence.ENABLED);
        bench.a.vm(VM).pause();

        Migration m = recovered(MigrationJournal.Stage.COMMITTED);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings().get(0).remedy()).contains("Destroy the VM on host a", "(a: paused; b: running)");
    }

    @Test
    void needsAttentionWhenTheSourceDiedMeanwhile() {
        sent();
        bench.a.vm(VM).stop("QEMU exited with 137");

        Migration m = recovered(MigrationJournal.Stage.PREPARED);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(codes(m)).contains("guest-not-running");
    }

    @Test
    void keepsTheVmLockedWhileItIsRecovered() {
        bench.a.with(Fault.CANCEL_HANGS, Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.restart();

        assertThatThrownBy(() -> bench.service().start(VM, B, MigrationOptions.defaults()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS));
        bench.a.without(Fault.CANCEL_HANGS);
        assertThat(bench.await(running).outcome()).contains(Outcome.FAILED_ON_SOURCE);
    }

    @Test
    void listsEndedMigrationsAfterARestart() {
        Migration m = bench.migrate();

        bench.restart();

        assertThat(bench.service().list()).containsExactly(m);
    }

    @Test
    void ignoresAFileItCannotRead() throws Exception {
        Path broken = Files.writeString(folder.resolve("m-20260101-000000-1.json"), "{");

        assertThat(bench.service().list()).isEmpty();
        assertThat(broken).exists();
    }

    private Migration interruptedWhileHostIsAway() {
        bench.patience = Duration.ofMillis(300);
        sent();
        bench.b.with(Fault.AWAY);
        Migration first = interrupted(MigrationJournal.Stage.PREPARED);
        bench.service();
        MigrationBench.soon().until(() -> shown().contains("host b"));
        return first;
    }

    private String shown() {
        return bench.service().show(ID).findings().toString();
    }

    @Test
    void waitsForAHostThatBootsSlowerThanTheServerAndReportsIt() {
        Migration first = interruptedWhileHostIsAway();

        bench.time.flow();
        assertThat(bench.service().await(ID, Duration.ofSeconds(3)).isRunning()).isTrue();
        assertThat(shown()).contains("waits for host b", FakeHost.AWAY_REASON).doesNotContain("host a");
        bench.b.without(Fault.AWAY);
        Migration m = bench.await(first);

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings()).extracting(Finding::code).doesNotContain(FindingCode.HOST_UNAVAILABLE);
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void showsNoStepAsPendingWhereTheVmRunsOnTheDestination() {
        sent().accept();

        Migration m = recovered(MigrationJournal.Stage.LEASED);

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.steps()).noneMatch(s -> s.state() == StepState.PENDING || s.state() == StepState.RUNNING);
        assertThat(MigrationBench.step(m, MigrationStep.COPY).facts().get("skipped"))
                .contains("not recorded");
    }

    /** The VM was migrated there by a later migration, and a full disk had prevented the record of this one's end. */
    @ParameterizedTest
    @CsvSource({"a, FAILED_ON_SOURCE", "b, COMPLETED", "c, NEEDS_ATTENTION"})
    void migrationThatAnotherOneFollowedHasEndedWhereThatOneBegan(String begun, Outcome outcome) {
        sent().accept();
        Migration first = interrupted(MigrationJournal.Stage.STARTED);
        Migration later = new Migration(
                new MigrationId("m-20990101-000000-1"),
                9,
                VM,
                Optional.empty(),
                new HostName(begun),
                B,
                List.of(),
                first.started().plusSeconds(60),
                Optional.of(first.started().plusSeconds(90)),
                first.steps(),
                Optional.empty(),
                Optional.of(Outcome.COMPLETED),
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("no probe"),
                List.of());
        new MigrationJournal(folder).ended(later);

        Migration m = bench.service().show(ID);

        assertThat(m.outcome()).contains(outcome);
        assertThat(m.findings()).extracting(Finding::code).containsExactly(FindingCode.JOURNAL_INCOMPLETE);
        assertThat(m.steps()).noneMatch(s -> s.state() == StepState.PENDING || s.state() == StepState.RUNNING);
    }

    @Test
    void namesTheHostOnWhichTheVmMayBePausedWhileItWaitsForIt() {
        sent();
        bench.a.with(Fault.AWAY);
        Migration first = interrupted(MigrationJournal.Stage.PREPARED);
        bench.service();
        MigrationBench.soon().until(() -> shown().contains("waits for host a, where VM web1 may be paused"));

        bench.service().cancel(ID);
        Migration m = bench.await(first);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings().toString()).contains("host a, where VM web1 may be paused");
    }

    @Test
    void isEndedByACancelWhileItWaitsForAHost() {
        Migration first = interruptedWhileHostIsAway();

        bench.service().cancel(ID);
        Migration m = bench.await(first);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings().toString()).contains("host b", FakeHost.AWAY_REASON, "ended by request");
        assertThat(bench.a.calls()).doesNotContain("cancel web1", "resume web1");
        assertThat(bench.b.calls()).doesNotContain("abort web1");
    }

    @Test
    void waitsForAHostThatHangsAsForOneThatIsUnreachable() {
        bench.b.with(Fault.FIND_HANGS);
        Migration first = interrupted(MigrationJournal.Stage.LEASED);
        bench.service();
        bench.time.flow();
        MigrationBench.soon().until(() -> shown().contains("waits for host b"));

        bench.service().cancel(ID);
        Migration m = bench.await(first);
        bench.b.without(Fault.FIND_HANGS);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
    }
}
