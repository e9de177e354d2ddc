// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.SourceMonitor;

/** Step 4: waits until the memory is copied, and QEMU has paused the guest and is ready to switch. */
public final class CopyStep {
    private final MigrationContext context;
    private final SourceMonitor source;

    public CopyStep(MigrationContext context, Sending sending) {
        this.context = context;
        this.source = sending.source();
    }

    /** Blocks. */
    public void run() {
        StandbyForwarding.onDestination(context);
        context.status().progress(0);
        context.events()
                .await(
                        MigrationStep.COPY,
                        "the copy of memory",
                        context.request().deadlines().copy(),
                        () -> copied() ? Optional.of(true) : Optional.empty());
        context.status().progress(100);
        context.events()
                .source()
                .last(HostEvent.MemoryPass.class)
                .ifPresent(last -> context.status().fact(MigrationStep.COPY, "passes", last.pass()));
    }

    private boolean copied() {
        MigrationProgress progress = source.queryAndRequireAlive();
        if (progress.totalBytes() > 0) {
            long done = Math.max(0, progress.totalBytes() - progress.remainingBytes());
            context.status().progress((int) Math.min(99, done * 100 / progress.totalBytes()));
            context.status().fact(MigrationStep.COPY, "totalBytes", progress.totalBytes());
        }
        return switch (progress.phase()) {
            // A host that switches by itself may have passed the pause when it is queried.
            case PRE_SWITCHOVER, DEVICE, COMPLETED -> true;
            default -> false;
        };
    }
}
