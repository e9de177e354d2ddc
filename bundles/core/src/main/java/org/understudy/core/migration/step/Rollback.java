// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.understudy.api.MigrationStep;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.RollbackStack;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmAnswers;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * The rollback actions of one migration: stop sending, end the destination QEMU, resume the guest on the source with its
 * primaries, release the leases. A step adds the action for what it is about to change, or has changed; each rolls back
 * one thing and returns what it did. The order is that of {@link RollbackStack}.
 */
public final class Rollback {
    private final MigrationContext context;
    private final VmSnapshot snapshot;
    private final Host source;
    private final RollbackFindings findings;
    private Optional<SourceMonitor> sending = Optional.empty();
    /** True once this migration may have requested an unplug. */
    private boolean changesGuest;
    /** True once the destination QEMU has provably ended. */
    private boolean incomingGone;

    /** @param snapshot the VM on the source */
    public Rollback(MigrationContext context, VmSnapshot snapshot) {
        this.context = context;
        this.snapshot = snapshot;
        this.source = context.request().source();
        this.findings = new RollbackFindings(context, () -> incomingGone);
    }

    /** @param pools read when the action runs */
    public void addLease(Lease lease, Supplier<VfPools> pools) {
        context.rollbacks()
                .push(
                        MigrationStep.LEASE,
                        "undoLease-" + lease.primary(),
                        () -> release(lease, pools),
                        () -> RollbackFindings.releaseRemedy(lease));
    }

    private String release(Lease lease, Supplier<VfPools> pools) {
        if (new LeaseUse(context.services().definitions())
                .isUsed(context.request().destination(), lease)) {
            return lease.vf() + " is in use by the VM, and is released when the VM is off";
        }
        pools.get().release(lease);
        return lease.vf() + " released";
    }

    public void addGuest() {
        context.rollbacks()
                .push(
                        MigrationStep.SWITCH,
                        "undoGuest",
                        this::restoreGuest,
                        findings::guestRemedy,
                        failure -> sending.flatMap(started -> findings.mayBePaused(failure)));
    }

    public void addIncoming(IncomingMigration incoming) {
        context.rollbacks().push(MigrationStep.LEASE, "undoIncoming", () -> abort(incoming), findings::incomingRemedy);
    }

    /** No destination QEMU exists; after a restart of this server its host has shown that. */
    public void markIncomingGone() {
        incomingGone = true;
    }

    void addUnplug(List<PairView> requested) {
        changesGuest = true;
        RequestedUnplugs unplugs = new RequestedUnplugs(context, snapshot);
        context.rollbacks()
                .push(
                        MigrationStep.TO_STANDBY,
                        "undoUnplug",
                        () -> unplugs.markRequested(requested),
                        findings::guestRemedy);
    }

    /** QEMU requests an unplug when it begins to send. */
    public void addSendRequest() {
        changesGuest = true;
    }

    public void addSending(SourceMonitor started) {
        addSendRequest();
        sending = Optional.of(started);
        context.rollbacks()
                .push(
                        MigrationStep.TO_STANDBY,
                        "undoSending",
                        sendingRollback(started)::cancel,
                        findings::placeRemedy,
                        failure -> started.outgoing().switchesByItself()
                                ? Optional.empty()
                                : findings.mayBePaused(failure));
    }

    /** Cancels a migration, and returns whether the host had completed it by itself before. Blocks. */
    boolean hasArrivedDespiteCancel(SourceMonitor started) {
        return sendingRollback(started).hasArrivedDespiteCancel();
    }

    private SendingRollback sendingRollback(SourceMonitor monitor) {
        return new SendingRollback(context, snapshot, monitor, findings);
    }

    /** Ends the destination QEMU; only then may the guest run on the source again. One of another migration is left. */
    private String abort(IncomingMigration incoming) {
        VmAnswers answers = context.answers();
        if (answers.destination().hasQemu() && !answers.hasArrivedOrArrives()) {
            incomingGone = true;
            return "the destination QEMU belongs to another migration and was left; that of this one does not exist";
        }
        DeadlineCall.call(
                context.events(),
                MigrationStep.LEASE,
                "the destination QEMU to end",
                context.request().deadlines().cancel(),
                incoming::abort);
        incomingGone = true;
        return "the destination QEMU has ended";
    }

    /** Ensures that the guest runs on the source and has its primaries again. */
    private String restoreGuest() {
        VmAnswers answers = context.answers();
        boolean own = sending.filter(SourceMonitor::isOwn).isPresent();
        if (answers.otherMigration().isPresent() || answers.mayBeSentByOther() && !own) {
            return "left to the other migration of the VM";
        }
        context.events().allowSilence(snapshot.openingAllowance());
        VmState state = awaitRunning();
        if (state == VmState.PAUSED && sending.isEmpty()) {
            return "the guest was not changed; it is paused";
        }
        if (state == VmState.PAUSED) {
            sending.ifPresent(sender -> resume(sender, answers));
        } else if (state != VmState.RUNNING) {
            throw StepAbortedException.failed(findings.notRunning(state));
        }
        if (changesGuest) {
            snapshot.held().forEach(this::restorePrimary);
        }
        return "the guest runs on the source";
    }

    /** QEMU resumes the guest by itself after a failure or a cancel; only one that stays paused is resumed here. */
    private VmState awaitRunning() {
        return context.events()
                .poll(
                        context.services().timings().grace(),
                        () -> Optional.of(state()).filter(s -> s != VmState.PAUSED))
                .orElse(VmState.PAUSED);
    }

    private VmState state() {
        return source.find(context.request().vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
    }

    private void resume(SourceMonitor sender, VmAnswers answers) {
        if (!incomingGone || !answers.destination().isOff() || !sender.isOwn()) {
            throw StepAbortedException.failed(findings.paused());
        }
        sender.outgoing().resumeOnSource();
    }

    /**
     * QEMU plugs a primary again by itself after a failed migration. After a completed one the connector does so when it
     * resumes the guest (docs/decisions/0009). Only a primary that QEMU does not have at all is plugged here.
     */
    private void restorePrimary(PairView pair) {
        if (answer(pair).is(PrimaryPresence.ABSENT)) {
            DeadlineCall.call(
                    context.events(),
                    MigrationStep.TO_STANDBY,
                    "the source to plug " + pair.primary(),
                    snapshot.deadlines(context.request()).plug(),
                    () -> source.plugPrimary(context.request().vm(), pair.primary(), pair.vf()));
            context.status()
                    .fact(MigrationStep.TO_STANDBY, "replugged-" + pair.primary(), "plugged again on the source");
        }
        PrimaryPresence wanted = snapshot.presence().get(pair.primary()) == PrimaryPresence.ENABLED
                ? PrimaryPresence.ENABLED
                : PrimaryPresence.PLUGGED;
        boolean restored = context.events()
                .poll(
                        snapshot.deadlines(context.request()).plug(),
                        () -> Optional.of(answer(pair)).filter(p -> p.is(wanted) || p.is(PrimaryPresence.ENABLED)))
                .isPresent();
        if (!restored && context.answers().otherMigration().isEmpty()) {
            throw StepAbortedException.failed(findings.notRestored(pair, answer(pair)));
        }
        context.services()
                .unplugGuard()
                .plugged(source.name(), context.request().vm());
    }

    private PrimaryAnswer answer(PairView pair) {
        return PrimaryAnswer.of(source, context.request().vm(), pair.primary());
    }
}
