// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.List;
import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.concurrent.Deadline;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.CopyWatch;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.UnplugFindings;

/** Step 4: waits until the memory is copied, and QEMU has paused the guest and is ready to switch. */
public final class CopyStep {
    private final MigrationContext context;
    private final SourceMonitor source;
    private final CopyWatch watch;
    private final List<PairView> pairs;
    /** From the first time that QEMU waits for the guest in this step. */
    private Optional<Deadline> unplug = Optional.empty();

    public CopyStep(MigrationContext context, Sending sending) {
        this.context = context;
        this.source = sending.source();
        this.watch = new CopyWatch(
                context.request(),
                context.services(),
                context.status(),
                context.events().source(),
                !source.outgoing().switchesByItself());
        this.pairs = sending.prepared().snapshot().pairs();
    }

    /** Blocks. */
    public void run() {
        StandbyForwarding.onDestination(context);
        context.status().progress(0);
        try {
            context.events().awaitUnlimited(() -> copied() ? Optional.of(true) : Optional.empty());
        } finally {
            watch.close();
        }
        context.status().progress(100);
        context.events()
                .source()
                .last(HostEvent.MemoryPass.class)
                .ifPresent(last -> context.status().fact(MigrationStep.COPY, "passes", last.pass()));
    }

    private boolean copied() {
        int pass = watch.pass();
        MigrationProgress progress = source.queryAndRequireAlive();
        if (progress.totalBytes() > 0) {
            long done = Math.max(0, progress.totalBytes() - progress.remainingBytes());
            context.status().progress((int) Math.min(99, done * 100 / progress.totalBytes()));
            context.status().fact(MigrationStep.COPY, "totalBytes", progress.totalBytes());
        }
        return switch (progress.phase()) {
            // A host that switches by itself may have passed the pause when it is queried.
            case PRE_SWITCHOVER, DEVICE, COMPLETED -> true;
            case WAIT_UNPLUG -> {
                requireReleaseInTime();
                yield false;
            }
            default -> {
                watch.sample(pass, progress);
                requireProgress();
                yield false;
            }
        };
    }

    /** A slow copy goes on as long as it makes progress. */
    private void requireProgress() {
        watch.failure().ifPresent(why -> {
            throw StepAbortedException.failed(why);
        });
    }

    /** QEMU can wait for a primary that it did not report before. */
    private void requireReleaseInTime() {
        Deadline deadline = unplug.orElseGet(
                () -> context.events().deadline(context.request().deadlines().unplug()));
        unplug = Optional.of(deadline);
        if (deadline.isOver()) {
            throw StepAbortedException.failed(UnplugFindings.notReleased(
                    context.request(),
                    pairs,
                    "QEMU on the source waits for the guest to release a primary, and the guest has not within "
                            + context.request().deadlines().unplug().toMillis() + " ms"));
        }
    }
}
