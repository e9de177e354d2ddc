// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import org.understudy.api.MigrationStep;

/** One of the seven steps. */
interface Step {
    MigrationStep step();

    /**
     * Does it, and pushes its way back.
     *
     * @throws StepStopped if it cannot
     */
    void run(Voyage voyage);
}
