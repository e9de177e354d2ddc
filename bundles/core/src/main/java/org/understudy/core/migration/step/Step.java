// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import org.understudy.api.MigrationStep;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.StepAbortedException;

/** One of the seven steps. */
public interface Step {
    MigrationStep step();

    /**
     * Runs the step and pushes its rollback actions. Blocks.
     *
     * @throws StepAbortedException if the step cannot be completed
     */
    void run(MigrationContext context);
}
