// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.MigrationStep;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.RollbackStack;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.UnplugFindings;

/**
 * The rollback actions: stop sending, end the destination QEMU, resume the guest on the source with its primaries. Each
 * method rolls back one thing and returns what it did; the order is that of {@link RollbackStack}.
 */
public final class Rollback {
    private static final Logger LOG = LoggerFactory.getLogger(Rollback.class);

    private final MigrationContext context;
    private final Host source;
    private final RollbackFindings findings;

    public Rollback(MigrationContext context) {
        this.context = context;
        this.source = context.request().source();
        this.findings = new RollbackFindings(context);
    }

    /** Cancels the migration on the source. After a wait for the guest QEMU itself may need 30 s for that. */
    public String cancelSending() {
        if (context.events().sourceStopped().isPresent()) {
            requireNotRunningOnDestination();
            return "the source QEMU has ended";
        }
        Optional<MigrationPhase> after = cancelOutgoing();
        if (context.sourceMonitor().outgoing().switchesByItself()) {
            requireNotArrived(after);
        }
        return "QEMU ended as "
                + after.orElseThrow(() -> StepAbortedException.failed(
                        findings.notCancelled(context.request().deadlines().cancel())));
    }

    /**
     * Cancels the migration on the source, and returns whether it was too late. Only a host that switches by itself can
     * have passed the switchover without a request by the migration.
     */
    public boolean hasArrivedDespiteCancel() {
        boolean possible = context.sourceMonitorIfAny()
                .filter(s -> s.outgoing().switchesByItself())
                .isPresent();
        try {
            return possible && cancelOutgoing().equals(Optional.of(MigrationPhase.COMPLETED));
        } catch (UnderstudyException e) {
            // The rollback queries again, up to its deadline.
            LOG.warn(
                    "Migration {} of VM {}: unknown whether the VM has arrived, the rollback checks again",
                    context.request().id(),
                    context.request().vm(),
                    e);
            return false;
        }
    }

    /** Returns the phase in which QEMU ended the migration; empty if it has not ended in time. */
    private Optional<MigrationPhase> cancelOutgoing() {
        MigrationPhase before = context.sourceMonitor().query().phase();
        long requested = context.services().time().nanos();
        if (!before.isOver()) {
            context.sourceMonitor().outgoing().cancel();
        }
        Optional<MigrationPhase> after =
                context.events().poll(context.request().deadlines().cancel(), this::endedPhase);
        if (mayHaveRequestedUnplug(before)) {
            markPendingUnplugs(
                    after.isPresent(),
                    Duration.ofNanos(context.services().time().nanos() - requested));
        }
        return after;
    }

    /** Where the host itself switches, a migration that was not cancelled has arrived on the destination, or still may. */
    private void requireNotArrived(Optional<MigrationPhase> after) {
        if (after.equals(Optional.of(MigrationPhase.COMPLETED))) {
            DeadlineCall.call(
                    context.events(),
                    MigrationStep.TO_STANDBY,
                    "the source to remove the VM",
                    context.request().deadlines().release(),
                    context.sourceMonitor().outgoing()::finish);
        }
        if (after.isEmpty() || after.get() == MigrationPhase.COMPLETED) {
            throw StepAbortedException.unclear(after.isEmpty() ? findings.mayArrive() : findings.arrived());
        }
    }

    /** Where the host itself switches, a source QEMU may end after the VM has arrived. */
    private void requireNotRunningOnDestination() {
        boolean arrived = context.sourceMonitor().outgoing().switchesByItself()
                && context.request()
                        .destination()
                        .find(context.request().vm())
                        .map(HostedVm::state)
                        .equals(Optional.of(VmState.RUNNING));
        if (arrived) {
            throw StepAbortedException.unclear(findings.arrived());
        }
    }

    /** QEMU requests the unplug during setup; only an event shows it. */
    private boolean mayHaveRequestedUnplug(MigrationPhase before) {
        return switch (before) {
            case WAIT_UNPLUG, CANCELLING -> true;
            case SETUP ->
                context.events().onSource(HostEvent.UnplugRequested.class).isPresent();
            default -> false;
        };
    }

    private Optional<MigrationPhase> endedPhase() {
        return context.events().sourceStopped().isPresent()
                ? Optional.of(MigrationPhase.NONE)
                : Optional.of(context.sourceMonitor().query().phase()).filter(MigrationPhase::isOver);
    }

    /**
     * A guest that has not answered an unplug request may still release the primary at any time. QEMU 6.1 and newer end
     * the cancel early only if the guest did answer; and a released primary is no longer enabled.
     */
    private void markPendingUnplugs(boolean ended, Duration waited) {
        boolean answered = ended
                && source.facts().qemuVersion().filter(q -> q.atLeast(6, 1)).isPresent()
                && waited.compareTo(context.services().timings().ownUnplugWait()) < 0;
        if (answered) {
            return;
        }
        for (PairView pair : context.snapshot().held()) {
            PrimaryPresence before = context.snapshot().presence().get(pair.primary());
            PrimaryAnswer now = answer(pair);
            boolean released = before == PrimaryPresence.ENABLED
                    && (now.is(PrimaryPresence.PLUGGED) || now.is(PrimaryPresence.ABSENT));
            if (!released) {
                markPendingUnplug(pair);
            }
        }
    }

    private void markPendingUnplug(PairView pair) {
        context.services()
                .unplugGuard()
                .unplugPending(source.name(), context.request().vm(), pair);
        context.status()
                .add(UnplugFindings.unplugPending(context.request().subject(), pair.primary())
                        .as(Severity.WARNING));
    }

    /** A guest that still has a primary whose unplug this migration requested may release it at any time. */
    String markRequested(List<PairView> requested) {
        List<PairView> pending = requested.stream()
                .filter(p -> !answer(p).is(PrimaryPresence.ABSENT))
                .toList();
        pending.forEach(this::markPendingUnplug);
        return pending.size() + " of " + requested.size() + " may still be released";
    }

    /** Ends the destination QEMU; only then may the guest run on the source again. */
    public String abortIncoming() {
        DeadlineCall.call(
                context.events(),
                MigrationStep.LEASE,
                "the destination QEMU to end",
                context.request().deadlines().cancel(),
                context.incoming()::abort);
        context.markIncomingGone();
        return "the destination QEMU has ended";
    }

    /** Ensures that the guest runs on the source and has its primaries again. */
    public String restoreGuest() {
        VmState state = awaitRunning();
        if (state == VmState.PAUSED && context.sourceMonitorIfAny().isEmpty()) {
            return "the guest was not changed; it is paused";
        }
        if (state == VmState.PAUSED) {
            resume();
        } else if (state != VmState.RUNNING) {
            throw StepAbortedException.failed(findings.notRunning(state));
        }
        context.snapshot().held().forEach(this::restorePrimary);
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

    private void resume() {
        if (!context.isIncomingGone()) {
            throw StepAbortedException.failed(findings.paused());
        }
        context.sourceMonitor().outgoing().resumeOnSource();
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
                    context.request().deadlines().plug(),
                    () -> source.plugPrimary(context.request().vm(), pair.primary(), pair.vf()));
            context.status()
                    .fact(MigrationStep.TO_STANDBY, "replugged-" + pair.primary(), "plugged again on the source");
        }
        PrimaryPresence wanted = context.snapshot().presence().get(pair.primary()) == PrimaryPresence.ENABLED
                ? PrimaryPresence.ENABLED
                : PrimaryPresence.PLUGGED;
        context.events()
                .poll(
                        context.request().deadlines().plug(),
                        () -> Optional.of(answer(pair)).filter(p -> p.is(wanted) || p.is(PrimaryPresence.ENABLED)))
                .orElseThrow(() -> StepAbortedException.failed(findings.notRestored(pair, answer(pair))));
        context.services()
                .unplugGuard()
                .plugged(source.name(), context.request().vm());
    }

    private PrimaryAnswer answer(PairView pair) {
        return PrimaryAnswer.of(source, context.request().vm(), pair.primary());
    }
}
