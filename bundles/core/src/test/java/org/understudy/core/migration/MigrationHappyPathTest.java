// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Migration;
import org.understudy.api.Outcome;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.VmState;

class MigrationHappyPathTest {
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

    @Test
    void movesTheVmInSevenSteps() {
        Migration m = bench.migrate();

        assertThat(m.findings()).extracting(f -> f.code().id()).containsExactly("no-gap-probe");
        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.steps()).extracting(StepReport::state).containsOnly(StepState.DONE);
        assertThat(m.progress()).contains(100);
        assertThat(m.downtime()).isPresent();
        assertThat(m.onStandby()).isPresent();
        assertThat(m.ended()).isPresent();
        assertThat(bench.a.deeds()).containsExactly("send web1", "finish web1");
        assertThat(bench.b.deeds()).containsExactly("prepare web1", "accept web1");
        assertThat(bench.a.find(MigrationBench.VM)).isEmpty();
        assertThat(bench.b.vm(MigrationBench.VM).state()).isEqualTo(VmState.RUNNING);
    }
}
