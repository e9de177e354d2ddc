// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.VM;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Outcome;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.core.migration.MigrationBench;
import org.understudy.core.testing.ExternalProgram;
import org.understudy.core.testing.FakeHost.Fault;

/** Migrations that another program starts between hosts of this server. */
class ExternalMigrationObserverTest {
    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.patience = Duration.ofSeconds(2);
        bench.a.with(Fault.SWITCHES_BY_ITSELF);
        bench.service();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void isShownWithItsSteps() {
        Migration m = bench.await(bench.externalMigration());

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.source()).isEqualTo(bench.a.name());
        assertThat(m.destination()).isEqualTo(B);
        assertThat(m.steps())
                .extracting(StepReport::state)
                .containsExactly(
                        StepState.SKIPPED,
                        StepState.SKIPPED,
                        StepState.DONE,
                        StepState.DONE,
                        StepState.DONE,
                        StepState.DONE,
                        StepState.SKIPPED);
        assertThat(bench.b.calls()).doesNotContain("accept web1");
    }

    @Test
    void isShownAlsoIfItStartedBeforeThisServer() {
        bench.a.with(Fault.STUCK_IN_COPY);
        bench.service().close();
        ExternalProgram.migrate(VM, bench.a, bench.b);

        bench.restart();

        Migration m = bench.shown();
        assertThat(m.isWatched()).isTrue();
        bench.a.without(Fault.STUCK_IN_COPY);
        assertThat(bench.await(m).outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void isNeverMistakenForAMigrationOfThisServer() {
        bench.a.with(Fault.STUCK_IN_COPY);
        List<Migration> received = new CopyOnWriteArrayList<>();
        bench.service().listen(received::add);

        assertThat(bench.externalMigration().isWatched()).isTrue();
        MigrationBench.soon().until(() -> !received.isEmpty());
        assertThat(received).allMatch(Migration::isWatched);
    }

    @Test
    void isShownAlsoWhileAnUninvolvedHostIsUnreachable() {
        Host away = mock(Host.class);
        when(away.name()).thenReturn(new HostName("away"));
        when(away.subscribe(any())).thenReturn(() -> {});
        when(away.find(any())).thenThrow(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "host away is away"));
        bench.others.add(away);

        assertThat(bench.await(bench.externalMigration()).destination()).isEqualTo(new HostName("b"));
    }

    @Test
    void isShownAlsoIfAHostWasOpenedAgainMeanwhile() {
        bench.a.with(Fault.STUCK_IN_SETUP);
        AtomicBoolean refused = new AtomicBoolean();
        bench.onHold = host -> {
            if (refused.compareAndSet(false, true)) {
                throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "host " + host.name() + " is not open");
            }
        };

        bench.migrateExternally();
        MigrationBench.soon().until(() -> {
            bench.pass(Duration.ofSeconds(2));
            return !bench.service().list().isEmpty();
        });

        assertThat(refused).isTrue();
        assertThat(bench.shown().destination()).isEqualTo(B);
    }

    @Test
    void isObservedToItsEndThoughTheSourceIsBrieflyUnreachable() {
        bench.a.with(Fault.AWAY_IN_COPY);

        assertThat(bench.await(bench.externalMigration()).outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void isDegradedWhereThePrimaryDoesNotReturn() {
        bench.patience = Duration.ofMillis(200);
        bench.b.with(Fault.PRIMARY_MISSING);
        Migration m = bench.await(bench.externalMigration());

        assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        assertThat(m.findings()).extracting(Finding::code).containsExactly(FindingCode.PRIMARY_NOT_RETURNED);
    }

    @Test
    void failureIsShownWithItsReason() {
        bench.a.with(Fault.COPY_FAILS);
        Migration m = bench.await(bench.externalMigration());

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings()).extracting(Finding::code).containsExactly(FindingCode.MIGRATION_FAILED);
    }

    @Test
    void preventsASecondMigrationOfTheVmAndCanBeCancelled() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration m = bench.externalMigration();

        assertThatThrownBy(() -> bench.service().start(VM, B, MigrationOptions.defaults()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS));
        bench.service().cancel(m.id());

        assertThat(bench.await(m).outcome()).contains(Outcome.CANCELLED);
    }

    @Test
    void isNotMistakenForAMigrationOfThisServer() {
        bench.migrate();

        assertThat(bench.service().list()).hasSize(1);
    }

    @Test
    void isNotRecoveredAfterARestart() {
        bench.a.with(Fault.STUCK_IN_COPY);
        bench.externalMigration();

        bench.restart();

        assertThat(bench.a.calls()).doesNotContain("cancel web1");
        assertThat(bench.b.calls()).doesNotContain("abort web1");
    }
}
