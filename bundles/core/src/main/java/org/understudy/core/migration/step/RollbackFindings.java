// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.VmAnswers;

/**
 * Findings and remedies of a rollback that failed. Each remedy holds for all that is known when it is read, so that none
 * contradicts another.
 */
final class RollbackFindings {
    private final MigrationContext context;
    private final BooleanSupplier incomingGone;
    private final HostName source;
    private final HostName destination;
    /** Why the source did not answer, as first reported. */
    private Optional<String> silence = Optional.empty();

    /** @param incomingGone whether the destination QEMU has provably ended */
    RollbackFindings(MigrationContext context, BooleanSupplier incomingGone) {
        this.context = context;
        this.incomingGone = incomingGone;
        this.source = context.request().source().name();
        this.destination = context.request().destination().name();
    }

    Finding mayArrive() {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                context.request().subjectOn(destination),
                "Host " + source + " has not cancelled the migration, so the VM may still arrive on host "
                        + destination,
                findHost());
    }

    Finding mayBegin() {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                context.request().subjectOn(source),
                "Host " + source
                        + " has not answered the command of this migration, which waits for another migration of"
                        + " the VM, and may begin it later",
                findHost());
    }

    Finding arrived() {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                context.request().subjectOn(destination),
                "The VM arrived before the migration could be rolled back, and runs on host " + destination,
                "Leave the VM on host " + destination + " and do not start it on host " + source + " ("
                        + context.answers() + "); migrate it back if it must run there.");
    }

    /** The next step while it may be unknown on which host the VM runs. */
    String placeRemedy() {
        return incomingGone.getAsBoolean() ? guestRemedy() : findHost();
    }

    private String findHost() {
        return context.answers().find();
    }

    /** The next step while the destination QEMU may still exist. */
    String incomingRemedy() {
        VmAnswers answers = context.answers();
        boolean stuck = answers.destination().is(VmState.INCOMING) && answers.hasArrivedOrArrives();
        return stuck
                ? "End the QEMU process of the VM on host " + destination + ", then start or resume the VM on host "
                        + source + " (" + answers + ")."
                : answers.find();
    }

    /** The next step while the VM on the source is not as it was. */
    String guestRemedy() {
        if (!incomingGone.getAsBoolean()) {
            return incomingRemedy();
        }
        VmAnswers answers = context.answers();
        return answers.source().hasQemu() && answers.destination().isOff()
                ? "Check the VM on host " + source + " with \"understudy:vm-show "
                        + context.request().vm() + "\"; restart it if it lacks a primary (" + answers + ")."
                : answers.startOnSource();
    }

    /** The next step while a VF is still leased for a VM that did not arrive. */
    static String releaseRemedy(Lease lease) {
        return "Release VF " + lease.vf() + " on host " + lease.host() + " with \"understudy-vf release\".";
    }

    /**
     * QEMU pauses the guest before the switchover, and waits for a command that can no longer be sent. Empty if the source
     * answered.
     */
    Optional<Finding> mayBePaused(Throwable failure) {
        if (!(failure instanceof UnderstudyException known) || known.code() != ErrorCode.HOST_UNAVAILABLE) {
            return Optional.empty();
        }
        silence = silence.or(() -> Optional.of(known.getMessage()));
        String begin = incomingGone.getAsBoolean()
                ? "Make"
                : "End the QEMU process of the VM on host " + destination + ", make";
        return Optional.of(Finding.of(
                FindingCode.HOST_UNAVAILABLE,
                context.request().subjectOn(source),
                "VM " + context.request().vm() + " may be paused on host " + source + ", which does not answer: "
                        + silence.get(),
                begin + " host " + source + " reachable, then resume the VM there with \"understudy:vm-resume "
                        + context.request().vm() + "\" if it is paused."));
    }

    Finding paused() {
        return Finding.of(
                FindingCode.UNDO_FAILED,
                context.request().subjectOn(source),
                "The VM is paused on host " + source + ", and the destination QEMU on host " + destination
                        + " may still be running",
                incomingRemedy());
    }

    Finding notCancelled(Duration limit) {
        return Finding.of(
                FindingCode.UNDO_FAILED,
                context.request().subjectOn(source),
                "The source QEMU has not cancelled the migration within " + limit.toMillis() + " ms",
                "Wait 30 s, as QEMU may wait that long for the guest; then check the VM with \"understudy:vm-show "
                        + context.request().vm() + "\".");
    }

    /** The cause, where that is the end of the source QEMU, with what an admin may do now. */
    Finding notRunning(VmState state) {
        String nextStep = incomingGone.getAsBoolean() ? context.answers().startOnSource() : incomingRemedy();
        return context.events()
                .source()
                .stopped()
                .map(reason -> SourceMonitor.sourceGone(context.request(), reason, nextStep))
                .orElseGet(() -> Finding.of(
                        FindingCode.GUEST_NOT_RUNNING,
                        context.request().subjectOn(source),
                        "VM " + context.request().vm() + " is " + state + " on host " + source + " after the rollback",
                        nextStep));
    }

    Finding notRestored(PairView pair, PrimaryAnswer answer) {
        return Finding.of(
                FindingCode.PRIMARY_NOT_RETURNED,
                context.request().subject() + ", primary " + pair.primary(),
                answer.reason()
                        .map(why -> "The guest runs on the source, but it is unknown whether it has " + pair.primary()
                                + " again: " + why)
                        .orElse("The guest runs on the source without its primary " + pair.primary()),
                "Check the driver of the primary in the guest, then restart the VM.");
    }
}
