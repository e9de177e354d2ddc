// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.EnumMap;
import java.util.Map;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;

/** Prints each step when it begins and when it ends, and the copied memory in steps of 25 %. */
final class StepLines {
    private final PrintStream out;
    private final Map<MigrationStep, StepState> seen = new EnumMap<>(MigrationStep.class);
    private int quarter;

    StepLines(PrintStream out) {
        this.out = out;
    }

    void update(Migration migration) {
        migration.steps().forEach(this::update);
        int now = migration.progress().map(percent -> percent / 25).orElse(0);
        if (now > quarter) {
            out.printf("      %d %% of memory copied%n", now * 25);
            quarter = now;
        }
        out.flush();
    }

    private void update(StepReport step) {
        if (step.state() == StepState.PENDING || step.state() == seen.put(step.step(), step.state())) {
            return;
        }
        if (step.state() == StepState.RUNNING) {
            out.printf("  %d %-24s ...%n", step.step().number(), step.step().title());
        } else {
            TextView.step(out, step);
        }
    }
}
