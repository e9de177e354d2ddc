// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.PRIMARY;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.step;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepState;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.testing.FakeFacts;
import org.understudy.core.testing.FakeHost.Fault;

class MigrationCancelTest {
    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.patience = Duration.ofSeconds(5);
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
    void rollsBackFromEveryStepBeforeThePointOfNoReturn(MigrationStep at, Fault fault) {
        bench.a.with(fault);
        bench.b.with(fault);
        Migration running = bench.startAndReach(at);

        bench.service().cancel(running.id());
        Migration m = bench.await(running);
        bench.a.without(fault);
        bench.b.without(fault);

        assertThat(m.outcome()).contains(Outcome.CANCELLED);
        assertThat(step(m, at).facts()).containsEntry("cancelled", "by request");
        assertThat(bench.a.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.a.primaryPresence(VM, PRIMARY)).isEqualTo(PrimaryPresence.ENABLED);
        MigrationBench.soon().until(() -> bench.b.find(VM).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"TO_PRIMARY, PRIMARY_MISSING", "RELEASE, FINISH_HANGS"})
    void completesWhenCancelledPastThePointOfNoReturn(MigrationStep at, Fault fault) {
        bench.patience = Duration.ofMillis(800);
        bench.a.with(fault);
        bench.b.with(fault);
        Migration running = bench.startAndReach(at);

        bench.service().cancel(running.id());
        bench.a.without(fault);
        Migration m = bench.await(running);

        assertThat(m.outcome()).isPresent().get().isNotEqualTo(Outcome.CANCELLED);
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.a.find(VM)).isEmpty();
    }

    @Test
    void completesIfAHostThatSwitchesByItselfHasSwitchedBeforeTheCancel() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.a.with(Fault.SWITCHES_BY_ITSELF, Fault.STUCK_IN_COPY, Fault.ARRIVES_DESPITE_CANCEL);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.service().cancel(running.id());
        Migration m = bench.await(running);

        assertThat(m.outcome()).as("%s", m).contains(Outcome.COMPLETED);
        assertThat(m.steps()).extracting(s -> s.state()).doesNotContain(StepState.PENDING, StepState.FAILED);
        assertThat(step(m, MigrationStep.COPY).facts()).containsKey("cancelled");
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.pools.released).as("the guest uses it").isEmpty();
        assertThat(bench.calls).doesNotContain("abort web1");
    }

    @Test
    void rollsNothingBackOnceAVmHasArrivedPastItsDeadline() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.a.with(Fault.SWITCHES_BY_ITSELF, Fault.STUCK_IN_COPY, Fault.ARRIVES_DESPITE_CANCEL);
        Migration m = bench.await(bench.startAndReach(MigrationStep.COPY));

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings()).extracting(f -> f.code()).contains(FindingCode.STATE_INCONSISTENT);
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.pools.released).as("the guest uses it").isEmpty();
        assertThat(bench.calls).doesNotContain("abort web1");
    }

    @Test
    void rollsBackInReverseOrder() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.a.with(Fault.STUCK_IN_SWITCH, Fault.NO_REPLUG);
        Migration running = bench.startAndReach(MigrationStep.SWITCH);
        bench.service().cancel(running.id());
        Migration m = bench.await(running);

        assertThat(bench.calls)
                .containsExactly(
                        "lease ua-vf0",
                        "prepare web1",
                        "send web1",
                        "detour b true",
                        "cancel web1",
                        "abort web1",
                        "plug ua-vf0",
                        "release ua-vf0");
        assertThat(bench.pools.released).isEqualTo(bench.pools.leased).hasSize(1);
        assertThat(step(m, MigrationStep.LEASE).state()).isEqualTo(StepState.UNDONE);
        assertThat(step(m, MigrationStep.TO_STANDBY).state()).isEqualTo(StepState.UNDONE);
        assertThat(step(m, MigrationStep.COPY).state()).isEqualTo(StepState.UNDONE);
        assertThat(step(m, MigrationStep.PREFLIGHT).state()).isEqualTo(StepState.DONE);
    }

    @Test
    void plugsAPrimaryAgainThatTheGuestReleasesLate() {
        bench.a.facts(FakeFacts.of("5.2.0"));
        bench.b.facts(FakeFacts.of("5.2.0"));
        bench.a.with(Fault.NEVER_EJECTS);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));
        bench.service().cancel(running.id());
        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.CANCELLED);
        assertThat(m.findings()).extracting(f -> f.code()).contains(FindingCode.EJECT_PENDING);
        assertThat(preflightCodes()).contains(FindingCode.EJECT_PENDING);

        bench.a.vm(VM).release(PRIMARY);

        MigrationBench.soon().until(() -> bench.a.calls().contains("plug ua-vf0"));
        MigrationBench.soon().until(() -> !preflightCodes().contains(FindingCode.EJECT_PENDING));
    }

    @Test
    void acceptsAMigrationAgainWhenAnotherProgramHasPluggedThePrimaryThatWasReleasedLate() {
        bench.a.facts(FakeFacts.of("5.2.0"));
        bench.b.facts(FakeFacts.of("5.2.0"));
        bench.a.with(Fault.NEVER_EJECTS);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));
        bench.service().cancel(running.id());
        bench.await(running);
        assertThat(preflightCodes()).contains(FindingCode.EJECT_PENDING);

        bench.a.emit(new HostEvent.DevicePlugged(VM, Instant.now(), PRIMARY));

        MigrationBench.soon().until(() -> !preflightCodes().contains(FindingCode.EJECT_PENDING));
    }

    @Test
    void expectsALateReleaseWhenTheGuestDidNotAnswerDuringTheWaitOfQemu() {
        bench.a.with(Fault.NEVER_EJECTS, Fault.CANCEL_HANGS);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));
        bench.service().cancel(running.id());
        MigrationBench.soon().until(() -> bench.a.calls().contains("cancel web1"));
        bench.time.pass(Duration.ofMillis(200));
        bench.a.without(Fault.CANCEL_HANGS);

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.CANCELLED);
        assertThat(m.findings()).extracting(f -> f.code()).contains(FindingCode.EJECT_PENDING);
    }

    @Test
    void expectsNoLateReleaseWhenTheCancelEndsEarly() {
        bench.a.with(Fault.NEVER_EJECTS);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));
        bench.service().cancel(running.id());

        assertThat(bench.await(running).findings()).extracting(f -> f.code()).doesNotContain(FindingCode.EJECT_PENDING);
    }

    @Test
    void plugsAPrimaryAgainThatTheGuestReleasedWhileTheServerWasDown() {
        bench.a.facts(FakeFacts.of("5.2.0"));
        bench.b.facts(FakeFacts.of("5.2.0"));
        bench.a.with(Fault.NEVER_EJECTS);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));
        bench.service().cancel(running.id());
        bench.await(running);
        bench.restart();
        assertThat(preflightCodes()).contains(FindingCode.EJECT_PENDING);

        bench.service().close();
        bench.a.vm(VM).release(PRIMARY);
        bench.restart();

        MigrationBench.soon().until(() -> bench.a.calls().contains("plug ua-vf0"));
        MigrationBench.soon().until(() -> !preflightCodes().contains(FindingCode.EJECT_PENDING));
    }

    @Test
    void rollsBackAMigrationThatWasCancelledWhileTheSourceAcceptedTheCommand() {
        bench.a.facts(FakeFacts.of("5.2.0"));
        bench.a.with(Fault.START_HANGS, Fault.NEVER_EJECTS);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));

        bench.service().cancel(running.id());
        bench.a.without(Fault.START_HANGS);
        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.CANCELLED);
        assertThat(bench.calls).containsExactly("prepare web1", "send web1", "cancel web1", "abort web1");
        assertThat(m.findings()).extracting(f -> f.code()).contains(FindingCode.EJECT_PENDING);
    }

    @Test
    void expectsALateReleaseAfterAnUnplugRequestDuringSetup() {
        bench.a.facts(FakeFacts.of("5.2.0"));
        bench.a.with(Fault.STUCK_IN_SETUP);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));

        bench.service().cancel(running.id());

        assertThat(bench.await(running).findings()).extracting(f -> f.code()).contains(FindingCode.EJECT_PENDING);
    }

    @Test
    void leavesTheCheckOfAPendingPrimaryToTheNextStartWhenTheServerStops() {
        bench.a.facts(FakeFacts.of("5.2.0"));
        bench.a.with(Fault.NEVER_EJECTS);
        Migration running = bench.startAndReach(MigrationStep.TO_STANDBY);
        MigrationBench.soon().until(() -> bench.a.calls().contains("send web1"));
        bench.service().cancel(running.id());
        bench.await(running);
        bench.a.with(Fault.PRESENCE_HANGS);
        int asked = bench.a.questions();
        MigrationService stopping = bench.restart();
        MigrationBench.soon().until(() -> bench.a.questions() > asked);

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(stopping::close);
        MigrationBench.soon().until(() -> bench.a.consumers() == 0);
        bench.a.vm(VM).release(PRIMARY);
        bench.a.without(Fault.PRESENCE_HANGS);
        stopped.join();
        assertThat(bench.a.calls()).doesNotContain("plug ua-vf0");
        bench.restart();

        MigrationBench.soon().until(() -> bench.a.calls().contains("plug ua-vf0"));
        MigrationBench.soon().until(() -> !preflightCodes().contains(FindingCode.EJECT_PENDING));
    }

    private List<FindingCode> preflightCodes() {
        return bench.service().preflight(VM, MigrationBench.B, MigrationOptions.defaults()).stream()
                .map(f -> f.code())
                .toList();
    }
}
