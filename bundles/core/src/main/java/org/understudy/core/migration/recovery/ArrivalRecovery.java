// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.StepState;
import org.understudy.api.VmState;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.concurrent.Stopwatch;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmAnswers;
import org.understudy.core.migration.context.VmSnapshot;
import org.understudy.core.migration.step.Arrived;
import org.understudy.core.migration.step.MigrationCompletion;
import org.understudy.core.migration.step.PlugStep;
import org.understudy.core.migration.step.ReleaseStep;

/** Completes an interrupted migration whose VM runs on the destination, or can be started there without risk. */
final class ArrivalRecovery {
    private final InterruptedMigration interrupted;
    private final MigrationContext context;
    private final MigrationStatusBuilder status;
    private final VmState sourceState;
    private final VmState destinationState;

    ArrivalRecovery(InterruptedMigration interrupted, VmState sourceState, VmState destinationState) {
        this.interrupted = interrupted;
        this.context = interrupted.context();
        this.status = context.status();
        this.sourceState = sourceState;
        this.destinationState = destinationState;
    }

    void run() {
        if (destinationState != VmState.RUNNING) {
            acceptIfSafe();
        }
        context.rollbacks().discard();
        Stopwatch switching = Stopwatch.start(context.services().scheduler());
        status.done(interrupted.lastStep());
        skipUnrecorded();
        VmSnapshot snapshot = interrupted.snapshotOn(interrupted.destination());
        context.events().allowSilence(snapshot.openingAllowance());
        Optional<SourceMonitor> sender = interrupted.sender();
        Arrived arrived = Arrived.recovered(context, snapshot, switching, sender.flatMap(SourceMonitor::released));
        status.begin(MigrationStep.TO_PRIMARY);
        boolean enabled = new PlugStep(context, arrived, Optional.empty()).run();
        status.done(MigrationStep.TO_PRIMARY);
        if (sender.isPresent()) {
            status.begin(MigrationStep.RELEASE);
            new ReleaseStep(context, snapshot, sender.get().outgoing()).run();
            status.done(MigrationStep.RELEASE);
        } else if (sourceState == VmState.PAUSED) {
            throw leftOver();
        } else {
            status.skip(MigrationStep.RELEASE, "the source no longer has a QEMU of this VM");
        }
        new MigrationCompletion(context, Optional.empty()).complete(arrived, enabled);
    }

    /** The VM runs on the destination, so that these steps are over, however far the journal was written. */
    private void skipUnrecorded() {
        for (MigrationStep step : MigrationStep.values()) {
            if (step.compareTo(MigrationStep.TO_PRIMARY) < 0 && status.state(step) == StepState.PENDING) {
                status.skip(step, "over before the server was restarted, but not recorded");
            }
        }
    }

    private void acceptIfSafe() {
        Migration before = interrupted.before();
        Optional<IncomingMigration> incoming = interrupted.destination().incoming(before.vm());
        boolean received = destinationState == VmState.INCOMING
                && incoming.filter(i -> i.phase() == MigrationPhase.COMPLETED).isPresent();
        if (!received || !hasStoppedForGood()) {
            throw interrupted.unclear("VM " + before.vm() + " is " + destinationState + " on the destination and "
                    + sourceState + " on the source");
        }
        incoming.get().accept();
    }

    private boolean hasStoppedForGood() {
        return sourceState == VmState.SHUTOFF
                || sourceState == VmState.PAUSED
                        && interrupted
                                .outgoing()
                                .filter(o -> o.progress().phase() == MigrationPhase.COMPLETED)
                                .isPresent();
    }

    private StepAbortedException leftOver() {
        Migration before = interrupted.before();
        VmAnswers answers = context.answers();
        return StepAbortedException.unclear(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + before.vm() + " on host " + before.source(),
                "VM " + before.vm() + " runs on host " + before.destination() + " and is still paused on host "
                        + before.source(),
                answers.destination().is(VmState.RUNNING)
                        ? "Destroy the VM on host " + before.source() + "; never resume it there (" + answers + ")."
                        : answers.find()));
    }
}
