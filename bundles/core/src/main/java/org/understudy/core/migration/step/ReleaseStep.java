// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmAnswers;
import org.understudy.core.migration.context.VmSnapshot;

/** Step 7: ends the source QEMU and releases its VFs. */
public final class ReleaseStep {
    private final MigrationContext context;
    private final VmSnapshot snapshot;
    private final OutgoingMigration outgoing;

    public ReleaseStep(MigrationContext context, VmSnapshot snapshot, OutgoingMigration outgoing) {
        this.context = context;
        this.snapshot = snapshot;
        this.outgoing = outgoing;
    }

    /** Blocks. */
    public void run() {
        try {
            DeadlineCall.call(
                    context.events(),
                    MigrationStep.RELEASE,
                    "the source to remove the VM",
                    context.request().deadlines().release(),
                    outgoing::finish);
            if (snapshot.pairs().stream().anyMatch(p -> p.kind() == PrimaryKind.VF)) {
                releaseVfs();
            }
        } catch (UnderstudyException e) {
            throw StepAbortedException.unclear(leftOver(e.getMessage()));
        } catch (StepAbortedException e) {
            throw e.reason() == StepAbortedException.Reason.FAILED
                    ? StepAbortedException.unclear(leftOver(e.getMessage()))
                    : e;
        }
    }

    /**
     * Releases all VFs of the VM on the source, also those that a pool chose; but none of a VM that another migration has
     * brought back meanwhile.
     */
    private void releaseVfs() {
        LeaseUse use = new LeaseUse(context.services().definitions());
        context.services()
                .pools()
                .ifPresent(pools -> pools.leases(context.request().source().name()).stream()
                        .filter(lease -> lease.vm().equals(context.request().vm()))
                        .filter(lease -> !use.isUsed(context.request().source(), lease))
                        .forEach(lease -> {
                            pools.release(lease);
                            context.status()
                                    .fact(MigrationStep.RELEASE, lease.primary().value(), lease.vf() + " released");
                        }));
    }

    private Finding leftOver(String why) {
        VmAnswers answers = context.answers();
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                context.request().subjectOn(context.request().source().name()),
                "The VM runs on the destination, but the source could not be cleaned up: " + why,
                answers.destination().is(VmState.RUNNING)
                        ? "Destroy and undefine the VM on host "
                                + context.request().source().name() + "; never resume it there (" + answers + ")."
                        : answers.find());
    }
}
