// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationProgress;

/** Step 4: memory is copied while the guest runs, until QEMU has stopped the guest and waits for the word to switch. */
final class CopyStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.COPY;
    }

    @Override
    public void run(Voyage v) {
        Detour.onDestination(v);
        v.picture().progress(0);
        v.trail()
                .await(
                        step(),
                        "the copy of the memory",
                        v.plan().deadlines().copy(),
                        () -> copied(v) ? Optional.of(true) : Optional.empty());
        v.picture().progress(100);
        v.trail()
                .lastOnSource(HostEvent.MemoryPass.class)
                .ifPresent(last -> v.picture().fact(step(), "passes", last.pass()));
    }

    private boolean copied(Voyage v) {
        MigrationProgress progress = v.sending().askAndRequireAlive();
        if (progress.totalBytes() > 0) {
            long done = Math.max(0, progress.totalBytes() - progress.remainingBytes());
            v.picture().progress((int) Math.min(99, done * 100 / progress.totalBytes()));
            v.picture().fact(step(), "totalBytes", progress.totalBytes());
        }
        return switch (progress.phase()) {
            // A host that switches by itself may be past the stop when it is asked.
            case PRE_SWITCHOVER, DEVICE, COMPLETED -> true;
            default -> false;
        };
    }
}
