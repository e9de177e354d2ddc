// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.concurrent.Stopwatch;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.Downtime;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.TimeBetween;

/**
 * Step 5: the source sends the rest, and the guest continues on the destination. The point of no return lies between
 * completion on the source and {@code accept}.
 */
public final class SwitchoverStep {
    private static final Logger LOG = LoggerFactory.getLogger(SwitchoverStep.class);

    private final MigrationContext context;
    private final Sending sending;
    private final SourceMonitor source;
    private final IncomingMigration incoming;

    public SwitchoverStep(MigrationContext context, Sending sending) {
        this.context = context;
        this.sending = sending;
        this.source = sending.source();
        this.incoming = sending.prepared().incoming();
    }

    /** Blocks. */
    public Arrived run() {
        Stopwatch switching = beforeResume();
        if (source.outgoing().switchesByItself()) {
            context.events().passPointOfNoReturn();
        }
        context.events().allowSilence(sending.prepared().snapshot().openingAllowance());
        source.outgoing().continueToSwitch();
        if (source.outgoing().switchesByItself()) {
            awaitResume();
        }
        context.events()
                .await(
                        MigrationStep.SWITCH,
                        "both QEMUs to complete",
                        limit(),
                        () -> complete() ? Optional.of(true) : Optional.empty());
        context.events().passPointOfNoReturn();
        context.journal(MigrationJournal.Stage.COMMITTED);
        accept();
        context.rollbacks().discard();
        measureDowntime();
        Prepared prepared = sending.prepared();
        return new Arrived(
                prepared.snapshot(), prepared.strategy(), prepared.withoutVf(), switching, sending.released());
    }

    /** A host that switches by itself may have done so before this step. */
    private Stopwatch beforeResume() {
        return context.status()
                .since(MigrationStep.COPY)
                .filter(copy -> source.outgoing().switchesByItself())
                .orElseGet(() -> Stopwatch.start(context.services().scheduler()));
    }

    /** With the strategy automatic QEMU opens the VFs while it loads the VM. */
    private Duration limit() {
        return sending.prepared().snapshot().deadlines(context.request()).switchover();
    }

    /**
     * The guest is paused, and each query to its hosts prolongs that. Events are therefore awaited before hosts are
     * polled.
     */
    private void awaitResume() {
        context.events()
                .poll(
                        context.services().timings().grace(),
                        () -> context.events()
                                .destination()
                                .lastTime(HostEvent.Resumed.class)
                                .map(at -> true)
                                .or(() -> context.events().source().stopped().map(why -> true))
                                .or(() ->
                                        context.events().destination().stopped().map(why -> true)));
    }

    /** A destination that could not load the state, or whose QEMU ended, cannot complete any more. */
    private boolean complete() {
        MigrationPhase phase = incoming.phase();
        if (phase == MigrationPhase.FAILED) {
            throw StepAbortedException.failed(Finding.of(
                    FindingCode.MIGRATION_FAILED,
                    context.request().subjectOn(context.request().destination().name()),
                    "The destination QEMU could not load the VM, or ended",
                    "Read the QEMU log of the VM on the destination."));
        }
        return sourceHasSentAll() && phase == MigrationPhase.COMPLETED;
    }

    /**
     * A source whose QEMU has ended cannot run the guest again. If the destination has everything by then, it may
     * continue: QEMU releases the disks before it sends the last byte. Source: QEMU {@code migration/savevm.c},
     * {@code bdrv_inactivate_all} before {@code QEMU_VM_EOF}.
     */
    private boolean sourceHasSentAll() {
        if (context.events().source().stopped().isPresent() && incoming.phase() == MigrationPhase.COMPLETED) {
            context.status()
                    .fact(MigrationStep.SWITCH, "source", "the source QEMU ended after it had sent the last byte");
            return true;
        }
        return querySource().phase() == MigrationPhase.COMPLETED;
    }

    private MigrationProgress querySource() {
        try {
            return source.queryAndRequireAlive();
        } catch (UnderstudyException e) {
            if (context.events().source().stopped().isEmpty() && incoming.phase() == MigrationPhase.COMPLETED) {
                throw StepAbortedException.unclear(sourceUnanswered(e));
            }
            throw e;
        }
    }

    private Finding sourceUnanswered(UnderstudyException why) {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                context.request().subject(),
                "The destination has received the whole VM, but the source does not answer (" + why.getMessage()
                        + ") and may still run the VM",
                "Ensure that the VM is shut off on host "
                        + context.request().source().name() + ", then resume it on host "
                        + context.request().destination().name() + " (" + context.answers() + ").");
    }

    private void accept() {
        try {
            DeadlineCall.call(
                    context.events(),
                    MigrationStep.SWITCH,
                    "the destination to start the received VM",
                    limit(),
                    incoming::accept);
        } catch (UnderstudyException e) {
            if (!runsOnDestination(e)) {
                throw acceptFailed(e);
            }
            context.status()
                    .fact(
                            MigrationStep.SWITCH,
                            "accept",
                            "the guest runs on the destination, though the call failed: " + e.getMessage());
        } catch (StepAbortedException e) {
            if (e.reason() == StepAbortedException.Reason.ABANDONED) {
                throw e;
            }
            throw StepAbortedException.unclear(acceptUnanswered(e.getMessage()));
        }
    }

    private Finding acceptUnanswered(String why) {
        return Finding.of(
                FindingCode.STEP_DEADLINE_EXCEEDED,
                context.request().subjectOn(context.request().destination().name()),
                "The state of the VM on the destination is unknown: " + why,
                checkDestination());
    }

    private String checkDestination() {
        return "Check on host " + context.request().destination().name()
                + " whether the VM runs, before you start it on any host (" + context.answers() + ").";
    }

    /**
     * A host that refused has not started the guest, so the source may continue; a host that did not answer may have
     * started it. If the source QEMU has ended, the destination QEMU has the only copy of the guest and is kept.
     */
    private StepAbortedException acceptFailed(UnderstudyException e) {
        boolean canRollBack = context.events().source().stopped().isEmpty()
                && e.code() != ErrorCode.QMP_DISCONNECTED
                && e.code() != ErrorCode.HOST_UNAVAILABLE
                && e.code() != ErrorCode.DEADLINE_EXCEEDED
                && e.code() != ErrorCode.INTERNAL;
        Finding finding = Finding.of(
                FindingCode.MIGRATION_FAILED,
                context.request().subjectOn(context.request().destination().name()),
                "The destination did not start the received VM: " + e.getMessage(),
                canRollBack ? "Read the QEMU log of the VM on the destination." : checkDestination());
        return canRollBack ? StepAbortedException.failed(finding) : StepAbortedException.unclear(finding);
    }

    /**
     * "Unknown" is not "no".
     *
     * @param refused the answer of the destination to {@code accept}
     */
    private boolean runsOnDestination(UnderstudyException refused) {
        if (context.events().destination().lastTime(HostEvent.Resumed.class).isPresent()) {
            return true;
        }
        try {
            return context.request()
                    .destination()
                    .find(context.request().vm())
                    .map(HostedVm::state)
                    .equals(Optional.of(VmState.RUNNING));
        } catch (UnderstudyException e) {
            throw StepAbortedException.unclear(Finding.of(
                    FindingCode.STATE_INCONSISTENT,
                    context.request().subjectOn(context.request().destination().name()),
                    "The destination did not start the received VM (" + refused.getMessage()
                            + "), and it is unknown whether it runs there: " + e.getMessage(),
                    checkDestination()));
        }
    }

    private void measureDowntime() {
        Duration grace = context.services().timings().grace();
        context.events().poll(grace, () -> context.events().destination().last(HostEvent.Resumed.class));
        context.events().poll(grace, () -> context.events().source().last(HostEvent.Paused.class));
        TimeBetween downtime = Downtime.measure(
                context.events().source(),
                context.events().destination(),
                context.status().since(MigrationStep.COPY));
        downtime.measured().ifPresent(context.status()::downtime);
        context.status().fact(MigrationStep.SWITCH, "downtimeFrom", downtime.evidence());
        if (downtime.measured().isEmpty()) {
            ofQemu().ifPresent(time -> context.status()
                    .fact(
                            MigrationStep.SWITCH,
                            "downtimeByQemu",
                            time.toMillis() + " ms, without the time that QEMU waits for the switch"));
        }
    }

    /** What the source QEMU counts is shorter than what the guest and its peers notice. */
    private Optional<Duration> ofQemu() {
        Optional<Duration> measured = context.events()
                .source()
                .last(HostEvent.MigrationMeasured.class)
                .map(HostEvent.MigrationMeasured::downtime);
        if (measured.isPresent()) {
            return measured;
        }
        try {
            return source.query().downtime();
        } catch (UnderstudyException e) {
            LOG.debug("VM {}: downtime by QEMU is unknown", context.request().vm(), e);
            return Optional.empty();
        }
    }
}
