// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.VM;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.api.Finding;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.VmName;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

/** An exception ends one task alone, and a host that hangs delays no other VM. */
class TaskIsolationTest {
    private static final VmName OTHER = new VmName("db1");

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
    @EnumSource(
            value = Fault.class,
            names = {"FIND_DEFECT", "FIND_ERROR"})
    void externalMigrationWithADefectEndsAndUnlocksItsVm(Fault defect) {
        bench.a.with(Fault.SWITCHES_BY_ITSELF, Fault.STUCK_IN_COPY);
        Migration running = bench.externalMigration();

        bench.b.with(defect);
        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(m.findings())
                .extracting(Finding::message)
                .anySatisfy(why -> assertThat(why)
                        .contains(
                                defect == Fault.FIND_DEFECT
                                        ? "a defect of the connector"
                                        : "a class of the connector"));
        bench.a.without(Fault.SWITCHES_BY_ITSELF, Fault.STUCK_IN_COPY);
        bench.b.without(defect);
        bench.b.undefine(VM);
        assertThat(bench.migrate().outcome()).isPresent();
    }

    @Test
    void hostThatHangsDoesNotDelayTheMigrationOfAnotherVm() throws Exception {
        FakeHost c = bench.host("c");
        bench.others.add(c);
        bench.service();
        bench.b.running(OTHER.value(), MigrationBench.DEFINITION);
        c.with(Fault.SUBSCRIBE_HANGS);

        try {
            CompletableFuture<Migration> hung = CompletableFuture.supplyAsync(
                    () -> bench.service().start(VM, c.name(), MigrationOptions.defaults()));
            MigrationBench.soon()
                    .until(() -> hung.isDone() || bench.service().list().size() == 1);
            Migration other = CompletableFuture.supplyAsync(
                            () -> bench.service().start(OTHER, bench.a.name(), MigrationOptions.defaults()))
                    .get(1, TimeUnit.MINUTES);
            assertThat(bench.await(other).outcome()).contains(Outcome.COMPLETED);
        } finally {
            c.without(Fault.SUBSCRIBE_HANGS);
        }
    }

    @Test
    void hostThatHangsWhenTheServerStartsDelaysNoMigrationBetweenOthers() {
        FakeHost c = bench.host("c").with(Fault.SUBSCRIBE_HANGS);
        bench.others.add(c);

        try {
            assertThat(CompletableFuture.supplyAsync(bench::migrate))
                    .succeedsWithin(Duration.ofMinutes(1))
                    .satisfies(m -> assertThat(m.outcome()).contains(Outcome.COMPLETED));
        } finally {
            c.without(Fault.SUBSCRIBE_HANGS);
        }
    }

    @Test
    void queryThatHangsEndsTheStepAndUnlocksTheVm() {
        bench.patience = Duration.ofMillis(300);
        bench.b.with(Fault.PRESENCE_HANGS);

        try {
            Migration m = bench.await(bench.service().start(VM, B, MigrationOptions.defaults()));

            assertThat(m.outcome()).contains(Outcome.COMPLETED_DEGRADED);
            assertThat(MigrationBench.step(m, MigrationStep.TO_PRIMARY).facts()).isNotEmpty();
        } finally {
            bench.b.without(Fault.PRESENCE_HANGS);
        }
    }
}
