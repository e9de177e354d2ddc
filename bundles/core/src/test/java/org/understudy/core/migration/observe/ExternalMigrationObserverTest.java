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
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Outcome;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.core.migration.MigrationBench;
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

    private void anotherProgramMigrates() {
        IncomingMigration there = bench.b.prepareIncoming(new IncomingRequest(
                new MigrationId("theirs"),
                VM,
                MigrationBench.DEFINITION,
                MigrationBench.DEFINITION,
                MigrationOptions.defaults(),
                Map.of()));
        bench.a.startOutgoing(new OutgoingRequest(
                new MigrationId("theirs"),
                VM,
                there.uri(),
                MigrationOptions.defaults(),
                MigrationBench.DEFINITION,
                MigrationBench.DEFINITION));
    }

    private Migration observed() {
        MigrationBench.soon().until(() -> !bench.service().list().isEmpty());
        return bench.service().list().get(0);
    }

    @Test
    void isShownWithItsSteps() {
        anotherProgramMigrates();

        Migration m = bench.await(observed());

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
        assertThat(bench.b.deeds()).doesNotContain("accept web1");
    }

    @Test
    void isShownAlsoIfItStartedBeforeThisServer() {
        bench.a.with(Fault.STUCK_IN_COPY);
        bench.service().close();
        anotherProgramMigrates();

        bench.restart();

        Migration m = observed();
        assertThat(m.isWatched()).isTrue();
        bench.a.without(Fault.STUCK_IN_COPY);
        assertThat(bench.await(m).outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void isNeverMistakenForAMigrationOfThisServer() {
        bench.a.with(Fault.STUCK_IN_COPY);
        List<Migration> received = new CopyOnWriteArrayList<>();
        bench.service().listen(received::add);

        anotherProgramMigrates();

        assertThat(observed().isWatched()).isTrue();
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

        anotherProgramMigrates();

        assertThat(bench.await(observed()).destination()).isEqualTo(new HostName("b"));
    }

    @Test
    void isObservedToItsEndThoughTheSourceIsBrieflyUnreachable() {
        bench.a.with(Fault.AWAY_IN_COPY);

        anotherProgramMigrates();

        assertThat(bench.await(observed()).outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void isDegradedWhereThePrimaryDoesNotReturn() {
        bench.patience = Duration.ofMillis(200);
        bench.b.with(Fault.PRIMARY_MISSING);
        anotherProgramMigrates();

        Migration m = bench.await(observed());

        assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
        assertThat(m.findings()).extracting(Finding::code).containsExactly(FindingCode.PRIMARY_NOT_RETURNED);
    }

    @Test
    void failureIsShownWithItsReason() {
        bench.a.with(Fault.COPY_FAILS);
        anotherProgramMigrates();

        Migration m = bench.await(observed());

        assertThat(m.outcome()).contains(Outcome.FAILED_ON_SOURCE);
        assertThat(m.findings()).extracting(Finding::code).containsExactly(FindingCode.MIGRATION_FAILED);
    }

    @Test
    void preventsASecondMigrationOfTheVmAndCanBeCancelled() {
        bench.a.with(Fault.STUCK_IN_COPY);
        anotherProgramMigrates();
        Migration m = observed();

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
        anotherProgramMigrates();
        observed();

        bench.restart();

        assertThat(bench.a.deeds()).doesNotContain("cancel web1");
        assertThat(bench.b.deeds()).doesNotContain("abort web1");
    }
}
