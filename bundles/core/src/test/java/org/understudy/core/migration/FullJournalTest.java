// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.VM;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.Severity;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.core.testing.FakeHost.Fault;
import org.understudy.core.testing.FullDisk;

/** The journal of migrations on a file system that has no space left. */
class FullJournalTest {
    private static final int KIBIBYTES = 4096;

    private FullDisk disk;
    private Path folder;
    private MigrationBench bench;

    @BeforeEach
    void open(@TempDir Path mountPoint) {
        disk = FullDisk.of(mountPoint, KIBIBYTES);
        folder = disk.folder().resolve("migrations");
        bench = new MigrationBench(folder);
        bench.patience = Duration.ofSeconds(2);
    }

    @AfterEach
    void close() throws IOException {
        bench.close();
        disk.close();
    }

    private Migration fillDuringCopy() throws IOException {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        disk.fill();
        return running;
    }

    /** As a log that grows does. */
    private void fillTheReserveToo() throws IOException {
        Files.delete(folder.resolve("reserve"));
        disk.fill();
    }

    @Test
    void healthyMigrationIsCompletedAndRecorded() throws IOException {
        Migration running = fillDuringCopy();
        bench.a.without(Fault.STUCK_IN_COPY);

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(MigrationBench.codes(m)).doesNotContain("journal-incomplete");
        bench.restart();
        assertThat(bench.service().show(running.id())).isEqualTo(m);
    }

    @Test
    void migrationContinuesWithoutItsJournalAndItsEndIsRecordedOnceThereIsSpace() throws IOException {
        Migration running = fillDuringCopy();
        fillTheReserveToo();
        bench.a.without(Fault.STUCK_IN_COPY);

        Migration m = bench.await(running);
        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.findings())
                .filteredOn(f -> f.code() == FindingCode.JOURNAL_INCOMPLETE)
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("No space left on device"));
        disk.free();
        bench.pass(Duration.ofMinutes(5));
        Path file = folder.resolve(running.id() + ".json");
        MigrationBench.soon().until(() -> Files.readString(file).contains("\"ENDED\""));

        bench.restart();
        assertThat(bench.service().show(running.id())).isEqualTo(m);
    }

    @Test
    void migrationWhoseEndIsNotRecordedHasNoPendingStepsAfterARestart() throws IOException {
        Migration running = fillDuringCopy();
        fillTheReserveToo();
        bench.a.without(Fault.STUCK_IN_COPY);
        bench.await(running);

        bench.restart();
        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.steps()).noneMatch(step -> step.state() == StepState.PENDING || step.state() == StepState.RUNNING);
    }

    @Test
    void rollbackIsRecordedOnAFullDisk() throws IOException {
        Migration running = fillDuringCopy();
        bench.service().cancel(running.id());

        Migration m = bench.await(running);

        assertThat(m.outcome()).contains(Outcome.CANCELLED);
        bench.restart();
        assertThat(bench.service().show(running.id())).isEqualTo(m);
    }

    @Test
    void noMigrationStartsOnAFullDiskAndThePreflightSaysWhy() throws IOException {
        bench.service();
        assertThat(bench.service().findings())
                .extracting(f -> f.code() + " " + f.severity())
                .containsExactly("STORAGE_FULL WARNING");
        disk.fill();

        assertThat(bench.service().preflight(VM, B, MigrationOptions.defaults()))
                .filteredOn(f -> f.severity() == Severity.ERROR)
                .singleElement()
                .satisfies(f -> {
                    assertThat(f.code()).isEqualTo(FindingCode.STORAGE_FULL);
                    assertThat(f.message()).contains(folder.toString(), "0 KiB left", "none can start");
                });
        assertThatThrownBy(() -> bench.service().start(VM, B, MigrationOptions.defaults()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED))
                .hasMessageContaining("No space left on device");

        disk.free();
        assertThat(bench.migrate().outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void noMigrationStartsWithoutItsReserve() throws IOException {
        bench.service();
        fillTheReserveToo();

        assertThatThrownBy(() -> bench.service().start(VM, B, MigrationOptions.defaults()))
                .hasMessageContaining("No space left on device");
        assertThat(bench.service().list()).isEmpty();
    }
}
