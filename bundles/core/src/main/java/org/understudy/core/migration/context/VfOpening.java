// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.List;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.VmName;

/**
 * What the VFs of a VM cost in one migration.
 *
 * @param memory the memory of the guest, in bytes
 * @param vfs the number of its VFs
 * @param time explicit: from the request of the plug until QEMU had opened the VF, for all VFs; automatic: the downtime, which
 *     contains that
 */
public record VfOpening(VmName vm, MigrationStrategy strategy, long memory, int vfs, Duration time) {
    /** Keeps what was measured over a restart. */
    interface Store {
        /** Empty if they cannot be read, which is logged. */
        List<VfOpening> openings();

        /** Returns once they are on disk. */
        void keepOpenings(List<VfOpening> all);
    }
}
