// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.codes;
import static org.understudy.core.migration.MigrationBench.step;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.Severity;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.api.VmUuid;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

class MigrationServiceTest {
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

    @ParameterizedTest
    @CsvSource({
        "PREFLIGHT, FACTS_HANG, step-deadline-exceeded",
        "LEASE, PREPARE_HANGS, step-deadline-exceeded",
        "TO_STANDBY, NEVER_EJECTS, primary-not-released",
        "COPY, STUCK_IN_COPY, step-deadline-exceeded",
        "SWITCH, STUCK_IN_SWITCH, step-deadline-exceeded",
        "TO_PRIMARY, PRIMARY_MISSING, primary-not-returned",
        "RELEASE, FINISH_HANGS, state-inconsistent"
    })
    void boundsEachStepByADeadline(MigrationStep at, Fault fault, String code) {
        bench.patience = Duration.ofMillis(200);
        bench.a.with(fault);
        bench.b.with(fault);

        Migration m = bench.migrate();

        assertThat(codes(m)).contains(code);
        assertThat(step(m, at).state()).isEqualTo(StepState.FAILED);
        assertThat(step(m, at).duration().orElseThrow()).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @Test
    void isNotDelayedByASlowListenerWhichStillReceivesTheLastStatus() {
        CountDownLatch block = new CountDownLatch(1);
        List<Migration> slow = new CopyOnWriteArrayList<>();
        bench.service().listen(m -> {
            slow.add(m);
            hold(block);
        });

        Migration last = bench.migrate();
        assertThat(last.isRunning()).isFalse();
        assertThat(slow).hasSize(1);
        block.countDown();

        MigrationBench.soon()
                .untilAsserted(() -> assertThat(slow).hasSize(2).last().isEqualTo(last));
    }

    private static void hold(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void readsTheVmOfBothHostsForTheListsOfTheServerBeforeAMigrationEnds() {
        List<String> refreshed = new CopyOnWriteArrayList<>();
        bench.onRefresh = (host, vm) -> refreshed.add(
                vm + " on " + host + " " + bench.service().list().get(0).isRunning());

        bench.migrate();

        assertThat(refreshed).containsExactly("web1 on b true", "web1 on a true");
    }

    @Test
    void notifiesAListenerInOrderUntilItIsClosed() {
        List<Long> revisions = new CopyOnWriteArrayList<>();
        bench.service().listen(m -> {
            if (m.revision() == 1) {
                throw new IllegalStateException("a listener with a defect");
            }
        });
        var subscription = bench.service().listen(m -> revisions.add(m.revision()));
        Migration last = bench.migrate();

        MigrationBench.soon().until(() -> revisions.contains(last.revision()));
        assertThat(revisions).isSorted().doesNotHaveDuplicates();
        subscription.close();
        subscription.close();
    }

    @Test
    void refusesASecondMigrationOfTheSameVm() {
        bench.patience = Duration.ofSeconds(5);
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);

        assertThatThrownBy(() -> bench.service().start(VM, B, MigrationOptions.defaults()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS));
        bench.a.without(Fault.STUCK_IN_COPY);
        assertThat(bench.await(running).isRunning()).isFalse();
        assertThat(bench.service().list()).hasSize(1);
    }

    @Test
    void migratesTwoVmsOfOneNameIndependently() {
        FakeHost c = bench.host("c");
        FakeHost d = bench.host("d");
        bench.others.addAll(List.of(c, d));
        UUID other = new UUID(0, 7);
        c.running("web1", MigrationBench.DEFINITION, MigrationBench.PRIMARY).uuid(other);
        UUID first = bench.a.find(VM).orElseThrow().uuid();
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration stuck = bench.service().start(VM, B, MigrationOptions.defaults());

        Migration m = bench.await(
                bench.service().start(new VmOnHost(c.name(), "web1"), d.name(), MigrationOptions.defaults()));

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.uuid()).contains(other);
        assertThat(bench.service().show(stuck.id()).isRunning()).isTrue();
        for (VmAddress same : List.of(VM, new VmUuid(first), new VmOnHost(bench.a.name(), "web1"))) {
            assertThatThrownBy(() -> bench.service().start(same, d.name(), MigrationOptions.defaults()))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS));
        }
        bench.a.without(Fault.STUCK_IN_COPY);
        assertThat(bench.await(stuck).uuid()).contains(first);
    }

    @Test
    void refusesADestinationWithAnotherVmOfTheName() {
        bench.b.running("web1", MigrationBench.DEFINITION).uuid(new UUID(0, 7)).state(VmState.SHUTOFF);

        assertThat(bench.service().preflight(VM, B, MigrationOptions.defaults()))
                .filteredOn(f -> f.severity() == Severity.ERROR)
                .extracting(Finding::message)
                .contains("The destination has another VM web1, with UUID " + new UUID(0, 7));
    }

    @Test
    void namesAnUnknownMigrationOrVm() {
        assertThatThrownBy(() -> bench.service().start(new VmName("other"), B, MigrationOptions.defaults()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VM_NOT_FOUND));
        assertThatThrownBy(() -> bench.service().start(VM, new HostName("c"), MigrationOptions.defaults()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_NOT_FOUND));
        assertThatThrownBy(() -> bench.service().cancel(new MigrationId("m-1")))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_NOT_FOUND));
    }

    @Test
    void returnsThePresentStatusWhenTheWaitEnds() {
        bench.patience = Duration.ofSeconds(5);
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.time.flow();

        assertThat(bench.service().await(running.id(), Duration.ofMillis(10)).isRunning())
                .isTrue();
        assertThat(running.id().value()).matches("m-\\d{8}-\\d{6}-\\d+");
    }
}
