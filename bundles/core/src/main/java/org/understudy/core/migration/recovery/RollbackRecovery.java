// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.VmState;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationJournal.Stage;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmAnswers;
import org.understudy.core.migration.step.Rollback;

/** Rolls back an interrupted migration whose VM has not arrived, where both hosts show that this is safe. */
final class RollbackRecovery {
    private final InterruptedMigration interrupted;
    private final MigrationContext context;
    private final Migration before;
    private final VmState sourceState;
    private final VmState destinationState;
    private final VmAnswers answers;

    RollbackRecovery(
            InterruptedMigration interrupted, VmState sourceState, VmState destinationState, VmAnswers answers) {
        this.interrupted = interrupted;
        this.context = interrupted.context();
        this.before = interrupted.before();
        this.sourceState = sourceState;
        this.destinationState = destinationState;
        this.answers = answers;
    }

    /**
     * Adds the rollback actions for what belongs to this migration while another one has the VM.
     *
     * @return the reason of the rollback
     */
    StepAbortedException leaveTo(Finding otherMigration) {
        addLeases(new Rollback(context, interrupted.snapshotOn(interrupted.source())));
        return StepAbortedException.failed(otherMigration);
    }

    private void addLeases(Rollback rollback) {
        context.leases()
                .forEach(lease -> rollback.addLease(
                        lease, () -> context.services().pools().orElseThrow()));
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
        addLeases(rollback);
        rollback.addGuest();
        if (destinationState == VmState.INCOMING) {
            rollback.addIncoming(incoming());
        } else {
            rollback.markIncomingGone();
        }
        if (mayHaveSent()) {
            rollback.addSendRequest();
        }
        interrupted.sender().ifPresent(sender -> {
            if (answers.isSent()
                    || answers.hasArrivedOrArrives()
                    || !interrupted.entry().marked()) {
                sender.prove();
            }
            rollback.addSending(sender);
        });
        return StepAbortedException.failed(
                FindingCode.MIGRATION_FAILED,
                "vm " + before.vm(),
                "This server stopped in step " + interrupted.lastStep().number() + " of the migration",
                "Start the migration again.");
    }

    /** A guest may have been paused by an admin or by the migration; only the outgoing migration shows which. */
    private void requireKnownPause() {
        if (sourceState == VmState.PAUSED
                && mayHaveSent()
                && interrupted.outgoing().isEmpty()) {
            throw interrupted.unclear(
                    "VM " + before.vm() + " is paused on the source, and its outgoing migration is unreachable");
        }
    }

    private boolean mayHaveSent() {
        return interrupted.stage() == Stage.PREPARED || interrupted.stage() == Stage.GOING_BACK;
    }

    private IncomingMigration incoming() {
        return interrupted
                .destination()
                .incoming(before.vm())
                .orElseThrow(
                        () -> interrupted.unclear("The destination QEMU of VM " + before.vm() + " is unreachable"));
    }
}
