// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.VmState;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationJournal.Stage;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.step.Rollback;

/** Rolls back an interrupted migration whose VM has not arrived, where both hosts show that this is safe. */
final class RollbackRecovery {
    private final InterruptedMigration interrupted;
    private final MigrationContext context;
    private final Migration before;
    private final VmState sourceState;
    private final VmState destinationState;

    RollbackRecovery(InterruptedMigration interrupted, VmState sourceState, VmState destinationState) {
        this.interrupted = interrupted;
        this.context = interrupted.context();
        this.before = interrupted.before();
        this.sourceState = sourceState;
        this.destinationState = destinationState;
    }

    /**
     * Adds the rollback actions for what the journal and both hosts show.
     *
     * @return the reason of the rollback
     * @throws StepAbortedException if it is not proven safe
     */
    StepAbortedException prepare() {
        requireKnownPause();
        if (destinationState == VmState.PAUSED || destinationState == VmState.UNKNOWN) {
            throw interrupted.unclear("VM " + before.vm() + " is " + destinationState + " on the destination");
        }
        Rollback rollback = new Rollback(context, interrupted.snapshotOn(interrupted.source()));
        context.leases()
                .forEach(lease -> rollback.addLease(
                        lease, () -> context.services().pools().orElseThrow()));
        rollback.addGuest();
        if (destinationState == VmState.INCOMING) {
            rollback.addIncoming(incoming());
        } else {
            rollback.markIncomingGone();
        }
        interrupted.sender().ifPresent(rollback::addSending);
        return StepAbortedException.failed(
                FindingCode.MIGRATION_FAILED,
                "vm " + before.vm(),
                "This server stopped in step " + interrupted.lastStep().number() + " of the migration",
                "Start the migration again.");
    }

    /** A guest may have been paused by an admin or by the migration; only the outgoing migration shows which. */
    private void requireKnownPause() {
        boolean mayHaveBeenSent = interrupted.stage() == Stage.PREPARED || interrupted.stage() == Stage.GOING_BACK;
        if (sourceState == VmState.PAUSED
                && mayHaveBeenSent
                && interrupted.outgoing().isEmpty()) {
            throw interrupted.unclear(
                    "VM " + before.vm() + " is paused on the source, and its outgoing migration is unreachable");
        }
    }

    private IncomingMigration incoming() {
        return interrupted
                .destination()
                .incoming(before.vm())
                .orElseThrow(
                        () -> interrupted.unclear("The destination QEMU of VM " + before.vm() + " is unreachable"));
    }
}
