// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.StepAbortedException;

/** Step 7: ends the source QEMU and releases its VFs. */
public final class ReleaseStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.RELEASE;
    }

    @Override
    public void run(MigrationContext context) {
        try {
            DeadlineCall.call(
                    context.events(),
                    step(),
                    "the source to remove the VM",
                    context.request().deadlines().release(),
                    context.sourceMonitor().outgoing()::finish);
            if (context.snapshot().pairs().stream().anyMatch(p -> p.kind() == PrimaryKind.VF)) {
                releaseVfs(context);
            }
        } catch (UnderstudyException e) {
            throw StepAbortedException.unclear(leftOver(context, e.getMessage()));
        } catch (StepAbortedException e) {
            throw e.reason() == StepAbortedException.Reason.FAILED
                    ? StepAbortedException.unclear(leftOver(context, e.getMessage()))
                    : e;
        }
    }

    /** Releases all VFs of the VM on the source, also those that a pool chose. */
    private void releaseVfs(MigrationContext context) {
        context.services()
                .pools()
                .ifPresent(pools -> pools.leases(context.request().source().name()).stream()
                        .filter(lease -> lease.vm().equals(context.request().vm()))
                        .forEach(lease -> {
                            pools.release(lease);
                            context.status().fact(step(), lease.primary().value(), lease.vf() + " released");
                        }));
    }

    private static Finding leftOver(MigrationContext context, String why) {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                context.request().subjectOn(context.request().source().name()),
                "The VM runs on the destination, but the source could not be cleaned up: " + why,
                "Destroy and undefine the VM on host "
                        + context.request().source().name() + "; never resume it there.");
    }
}
