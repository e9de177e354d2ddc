// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.PRIMARY;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.soon;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Outcome;
import org.understudy.api.PciAddress;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VmState;
import org.understudy.core.testing.FakeFacts;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

/** Two servers migrate one VM at once: the second one changes nothing that belongs to the first. */
class TwoServersTest {
    private static final HostName C = new HostName("c");

    @TempDir
    Path folder;

    @TempDir
    Path itsFolder;

    private MigrationBench bench;
    private MigrationService second;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.patience = Duration.ofSeconds(60);
        bench.copyPatience = 1000;
        bench.a.with(Fault.STUCK_IN_COPY);
        bench.service();
        second = bench.otherServer(itsFolder);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    /** Lets the first server migrate the VM up to the copy when the second one makes this call. */
    private AtomicReference<Migration> overtakeAt(FakeHost host, String call, HostName destination) {
        AtomicReference<Migration> first = new AtomicReference<>();
        host.before(call, () -> {
            Migration started = bench.service().start(VM, destination, MigrationOptions.defaults());
            soon().until(() -> isCopying(started));
            first.set(started);
        });
        return first;
    }

    /** Without the events by which the second server would see the migration of another program. */
    private Migration startFirstUnseen() {
        bench.a.with(Fault.NO_PHASE_EVENTS);
        bench.b.with(Fault.NO_PHASE_EVENTS);
        Migration first = bench.service().start(VM, B, MigrationOptions.defaults());
        bench.time.flow();
        soon().until(() -> isCopying(first));
        return first;
    }

    private boolean isCopying(Migration started) {
        return MigrationBench.step(bench.service().show(started.id()), MigrationStep.COPY)
                .started()
                .isPresent();
    }

    private Migration startSecond() {
        return second.start(VM, B, MigrationOptions.defaults());
    }

    private Migration end(Migration ofSecond) {
        bench.time.flow();
        return second.await(ofSecond.id(), Duration.ofHours(1));
    }

    private void assertLost(Migration m, Migration first) {
        assertThat(m.outcome()).as("%s", m).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings().get(0).code()).isEqualTo(FindingCode.OTHER_MIGRATION);
        assertThat(m.findings().get(0).message()).contains(first.id().value());
        assertStartIsNotAdvised(m);
        assertThat(bench.calls).doesNotContain("cancel web1", "resume web1", "plug ua-vf0", "finish web1");
    }

    private static void assertStartIsNotAdvised(Migration m) {
        assertThat(m.findings())
                .extracting(Finding::remedy)
                .noneMatch(r ->
                        r.startsWith("Start the VM") || r.contains("start or resume the VM") || r.startsWith("Resume"));
    }

    private void assertFirstCompletes(Migration first, HostName destination) {
        bench.a.without(Fault.STUCK_IN_COPY);
        Migration m = bench.await(first);
        assertThat(m.outcome()).as("%s", m).contains(Outcome.COMPLETED);
        assertThat(m.destination()).isEqualTo(destination);
    }

    @Test
    void aSecondMigrationIsRefusedByItsPreflightAndNamesTheFirst() {
        Migration first = startFirstUnseen();

        Migration m = end(startSecond());

        assertLost(m, first);
        assertThat(m.findings().get(0).message()).contains("host b receives it");
        assertThat(m.findings().get(0).remedy()).contains("a: running", "b: receives it");
        assertThat(bench.calls).doesNotContain("abort web1");
        assertFirstCompletes(first, B);
    }

    @Test
    void aDestinationThatReceivesTheVmAlreadyKeepsItsQemu() {
        bench.time.stop();
        AtomicReference<Migration> first = overtakeAt(bench.b, "prepare", B);
        Migration started = startSecond();
        soon().until(() -> first.get() != null);

        Migration m = end(started);

        assertLost(m, first.get());
        assertThat(bench.calls).doesNotContain("abort web1");
        assertFirstCompletes(first.get(), B);
    }

    @Test
    void theVfOfTheSecondIsReleasedAndThatOfTheFirstKept() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.time.stop();
        AtomicReference<Migration> first = overtakeAt(bench.b, "prepare", B);
        Migration started = startSecond();
        soon().until(() -> first.get() != null);

        assertLost(end(started), first.get());

        assertThat(bench.otherPools.released).isEqualTo(bench.otherPools.leased).hasSize(1);
        assertThat(bench.pools.released).isEmpty();
    }

    /** A hook leases VFs for the VM of another server too, and a VM that has a VF of a pool gets the same one again. */
    @Test
    void aVfThatTheVmOfTheFirstUsesIsNotReleased() {
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.otherPools.vf = Optional.of(PciAddress.parse("0000:01:10.0"));
        bench.time.stop();
        AtomicReference<Migration> first = overtakeAt(bench.b, "prepare", B);
        Migration started = startSecond();
        soon().until(() -> first.get() != null);

        assertLost(end(started), first.get());

        assertThat(bench.otherPools.leased).hasSize(1);
        assertThat(bench.otherPools.released).isEmpty();
    }

    @Test
    void aPrimaryThatBothUnpluggedIsNotPluggedIntoTheMigrationOfTheFirst() {
        FakeHost c = bench.host("c");
        c.recorder(call -> bench.calls.add(call + " on c"));
        bench.others.add(c);
        bench.pairs.set(0, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);
        bench.time.stop();
        AtomicReference<Migration> first = overtakeAt(bench.a, "send", C);
        Migration started = startSecond();
        soon().until(() -> first.get() != null);

        Migration m = end(started);

        assertLost(m, first.get());
        assertThat(m.findings().get(0).message()).contains("host a sends it");
        assertThat(bench.calls).containsOnlyOnce("abort web1").contains("unplug ua-vf0");
        assertThat(bench.otherPools.released).isEqualTo(bench.otherPools.leased).hasSize(1);
        assertFirstCompletes(first.get(), C);
        assertThat(bench.calls).contains("plug ua-vf0 on c");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSourceThatShowsTheFirstMigrationToTheSecondServerIsNotCancelled(boolean cancelled) {
        bench.patience = Duration.ofSeconds(5);
        bench.a.with(Fault.SWITCHES_BY_ITSELF);
        bench.b.with(Fault.PREPARED_BY_SOURCE);
        bench.time.stop();
        AtomicReference<Migration> first = overtakeAt(bench.a, "send", B);
        Migration started = startSecond();
        soon().until(() -> first.get() != null);
        if (cancelled) {
            second.cancel(started.id());
        }
        bench.time.flow();
        soon().until(() ->
                bench.time.nanos() > Duration.ofSeconds(cancelled ? 1 : 6).toNanos());

        assertFirstCompletes(first.get(), B);
        Migration m = end(started);

        assertThat(m.outcome()).contains(cancelled ? Outcome.CANCELLED : Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings().get(0).code()).isEqualTo(FindingCode.OTHER_MIGRATION);
        assertThat(m.findings().get(0).message())
                .contains("is on host b", first.get().id().value());
        assertStartIsNotAdvised(m);
        assertThat(bench.calls).doesNotContain("cancel web1", "abort web1", "resume web1", "plug ua-vf0");
        assertThat(bench.b.vm(VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void aVmThatTheFirstHasMovedIsNotStartedOnTheSource() {
        bench.a.without(Fault.STUCK_IN_COPY);
        AtomicReference<Migration> first = new AtomicReference<>();
        bench.a.before("subscribe", () -> first.set(bench.migrate()));

        Migration m = end(startSecond());

        assertThat(first.get().outcome()).contains(Outcome.COMPLETED);
        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings().get(0).code()).isEqualTo(FindingCode.OTHER_MIGRATION);
        assertThat(m.findings().get(0).message())
                .contains("is on host b", first.get().id().value());
        assertThat(m.findings().get(0).remedy()).contains("a: no such VM", "b: running");
        assertStartIsNotAdvised(m);
    }

    @Test
    void aRecoveryLeavesTheMigrationThatHasBegunMeanwhile() {
        bench.time.stop();
        Migration interrupted = startSecond();
        soon().until(() ->
                second.show(interrupted.id()).steps().get(3).started().isPresent());
        second.close();
        bench.a.outgoing(VM).orElseThrow().cancel();
        soon().until(() -> bench.a.outgoing(VM).orElseThrow().progress().phase().isOver());
        bench.b.incoming(VM).orElseThrow().abort();
        bench.time.flow();
        soon().until(() -> bench.service().list().stream().noneMatch(Migration::isRunning));
        int before = bench.calls.size();
        Migration first = bench.startAndReach(MigrationStep.COPY);

        second = bench.otherServer(itsFolder);
        Migration m = end(interrupted);

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings().get(0).code()).isEqualTo(FindingCode.OTHER_MIGRATION);
        assertThat(bench.calls.subList(before, bench.calls.size())).containsExactly("prepare web1", "send web1");
        assertFirstCompletes(first, B);
    }

    @Test
    void aLateReleaseThatTheSecondRequestedIsNotUndoneWhileTheFirstMigrates() {
        bench.a.with(Fault.NEVER_EJECTS);
        bench.time.stop();
        Migration started = startSecond();
        soon().until(() -> bench.calls.contains("send web1"));
        bench.a.facts(FakeFacts.of("5.2.0"));
        second.cancel(started.id());
        Migration m = end(started);
        assertThat(m.findings()).extracting(Finding::code).contains(FindingCode.EJECT_PENDING);
        soon().until(() -> bench.service().list().stream().noneMatch(Migration::isRunning));
        bench.a.without(Fault.NEVER_EJECTS);
        bench.time.stop();
        Migration first = bench.startAndReach(MigrationStep.COPY);

        bench.a.vm(VM).release(PRIMARY);

        assertFirstCompletes(first, B);
        assertThat(bench.calls).doesNotContain("plug ua-vf0");
    }

    @Test
    void theSecondServerShowsTheMigrationOfTheFirstOnceItsOwnHasEnded() {
        Migration first = startFirstUnseen();

        end(startSecond());

        soon().until(() -> second.list().stream().anyMatch(Migration::isWatched));
        assertFirstCompletes(first, B);
    }
}
