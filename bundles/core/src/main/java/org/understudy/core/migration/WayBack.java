// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.domain.DomainView.PairView;

/**
 * Takes a run back: stop sending, end the receiving QEMU, let the guest run on the source with its primaries. Each
 * method takes back one thing and says what it did; the order is that of {@link Undo}.
 */
final class WayBack {
    private static final Logger LOG = LoggerFactory.getLogger(WayBack.class);

    private final Voyage v;
    private final Host source;

    WayBack(Voyage voyage) {
        this.v = voyage;
        this.source = voyage.plan().source();
    }

    /** Stops the sending. After a wait for the guest QEMU itself may need 30 s for that. */
    String cancelSending() {
        if (v.trail().sourceStopped().isPresent()) {
            return "the source's QEMU is gone";
        }
        Optional<MigrationPhase> after = giveUp();
        if (v.sending().outgoing().switchesByItself()) {
            requireNotArrived(after);
        }
        return "QEMU ended as "
                + after.orElseThrow(
                        () -> StepStopped.failed(notGivenUp(v.plan().deadlines().cancel())));
    }

    /**
     * Stops the sending, and returns whether it was too late for that. Only a host that switches by itself can be past
     * the switch without the run's word.
     */
    boolean arrivedAnyway() {
        boolean possible =
                v.sendingIfAny().filter(s -> s.outgoing().switchesByItself()).isPresent();
        try {
            return possible && giveUp().equals(Optional.of(MigrationPhase.COMPLETED));
        } catch (UnderstudyException e) {
            // The way back asks again, for as long as it takes.
            LOG.warn(
                    "Migration {}: it is unknown for now whether VM {} has arrived",
                    v.plan().id(),
                    v.plan().vm(),
                    e);
            return false;
        }
    }

    /** Returns the phase in which QEMU ended; empty if it has not in time. */
    private Optional<MigrationPhase> giveUp() {
        MigrationPhase before = v.sending().ask().phase();
        long asked = v.around().time().nanos();
        if (!before.isOver()) {
            v.sending().outgoing().cancel();
        }
        Optional<MigrationPhase> after = v.trail().poll(v.plan().deadlines().cancel(), this::over);
        if (mayBeAsked(before)) {
            markPendingEjects(
                    after.isPresent(), Duration.ofNanos(v.around().time().nanos() - asked));
        }
        return after;
    }

    /** Where the host itself switches, a VM that has not come back runs on the destination, or may do so soon. */
    private void requireNotArrived(Optional<MigrationPhase> after) {
        if (after.equals(Optional.of(MigrationPhase.COMPLETED))) {
            Call.within(
                    v.trail(),
                    MigrationStep.TO_STANDBY,
                    "the source to forget the VM",
                    v.plan().deadlines().release(),
                    v.sending().outgoing()::finish);
        }
        if (after.isEmpty() || after.get() == MigrationPhase.COMPLETED) {
            throw StepStopped.unclear(Finding.of(
                    FindingCode.STATE_INCONSISTENT,
                    v.plan().on(v.plan().destination().name()),
                    after.isEmpty()
                            ? "The source has not given the migration up, so the VM may still arrive."
                            : "The VM arrived before the migration could be taken back; it runs there.",
                    "Look where the VM runs; its VFs on the other host can be given back when it is off there."));
        }
    }

    /** QEMU asks the guest while it is still in setup; an event tells that it did. */
    private boolean mayBeAsked(MigrationPhase before) {
        return switch (before) {
            case WAIT_UNPLUG, CANCELLING -> true;
            case SETUP -> v.trail().onSource(HostEvent.UnplugRequested.class).isPresent();
            default -> false;
        };
    }

    private Optional<MigrationPhase> over() {
        return v.trail().sourceStopped().isPresent()
                ? Optional.of(MigrationPhase.NONE)
                : Optional.of(v.sending().ask().phase()).filter(MigrationPhase::isOver);
    }

    /**
     * A guest that was asked and has not answered may still do so at any time. QEMU 6.1 and newer give up early only
     * if the guest did answer; and a primary that the guest has let go is not enabled any more.
     */
    private void markPendingEjects(boolean gaveUp, Duration waited) {
        boolean answered = gaveUp
                && source.facts().qemuVersion().filter(q -> q.atLeast(6, 1)).isPresent()
                && waited.compareTo(v.around().tempo().ownUnplugWait()) < 0;
        if (answered) {
            return;
        }
        for (PairView pair : v.cargo().held()) {
            PrimaryPresence before = v.cargo().presence().get(pair.primary());
            PrimaryAnswer now = answer(pair);
            boolean letGo = before == PrimaryPresence.ENABLED
                    && (now.is(PrimaryPresence.PLUGGED) || now.is(PrimaryPresence.ABSENT));
            if (!letGo) {
                markPendingEject(pair);
            }
        }
    }

    private void markPendingEject(PairView pair) {
        v.around().guard().ejectPending(source.name(), v.plan().vm(), pair);
        v.picture()
                .add(UnplugFindings.pending(v.plan().subject(), pair.primary()).as(Severity.WARNING));
    }

    /** A guest that was asked by this run for a primary, and still has it, may release it at any time. */
    String markAsked(List<PairView> asked) {
        List<PairView> pending = asked.stream()
                .filter(p -> !answer(p).is(PrimaryPresence.ABSENT))
                .toList();
        pending.forEach(this::markPendingEject);
        return pending.size() + " of " + asked.size() + " may still be released";
    }

    /** Ends the receiving QEMU; only then may the guest run on the source. */
    String abortIncoming() {
        Call.within(
                v.trail(),
                MigrationStep.LEASE,
                "the receiving QEMU to end",
                v.plan().deadlines().cancel(),
                v.incoming()::abort);
        v.incomingIsGone();
        return "the receiving QEMU is gone";
    }

    /** Makes sure that the guest runs on the source and has its primaries again. */
    String restoreGuest() {
        VmState state = awaitRunning();
        if (state == VmState.PAUSED && v.sendingIfAny().isEmpty()) {
            return "the guest was not touched; it is paused";
        }
        if (state == VmState.PAUSED) {
            resume();
        } else if (state != VmState.RUNNING) {
            throw StepStopped.failed(notRunning(state));
        }
        v.cargo().held().forEach(this::restorePrimary);
        return "the guest runs on the source";
    }

    /** QEMU starts the guest again by itself where it gave up; only what it leaves standing has to be resumed. */
    private VmState awaitRunning() {
        return v.trail()
                .poll(v.around().tempo().grace(), () -> Optional.of(state()).filter(s -> s != VmState.PAUSED))
                .orElse(VmState.PAUSED);
    }

    private VmState state() {
        return source.find(v.plan().vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
    }

    private void resume() {
        if (!v.isIncomingGone()) {
            throw StepStopped.failed(Finding.of(
                    FindingCode.UNDO_FAILED,
                    v.plan().on(source.name()),
                    "The guest stands still on the source, and the receiving QEMU is not proven gone.",
                    "Make sure that the VM is gone from host "
                            + v.plan().destination().name() + ", then resume it on host " + source.name() + "."));
        }
        v.sending().outgoing().resumeOnSource();
    }

    /**
     * QEMU plugs a primary again by itself after a migration that failed. After one that completed the connector sees to
     * it when it resumes the guest (docs/decisions/0009). Only one that QEMU does not have at all is plugged here.
     */
    private void restorePrimary(PairView pair) {
        if (answer(pair).is(PrimaryPresence.ABSENT)) {
            Call.within(
                    v.trail(),
                    MigrationStep.TO_STANDBY,
                    "the source to plug " + pair.primary(),
                    v.plan().deadlines().plug(),
                    () -> source.plugPrimary(v.plan().vm(), pair.primary(), pair.vf()));
            v.picture().fact(MigrationStep.TO_STANDBY, "replugged-" + pair.primary(), "plugged again on the source");
        }
        PrimaryPresence wanted = v.cargo().presence().get(pair.primary()) == PrimaryPresence.ENABLED
                ? PrimaryPresence.ENABLED
                : PrimaryPresence.PLUGGED;
        v.trail()
                .poll(
                        v.plan().deadlines().plug(),
                        () -> Optional.of(answer(pair)).filter(p -> p.is(wanted) || p.is(PrimaryPresence.ENABLED)))
                .orElseThrow(() -> StepStopped.failed(notBack(pair)));
        v.around().guard().plugged(source.name(), v.plan().vm());
    }

    private PrimaryAnswer answer(PairView pair) {
        return PrimaryAnswer.of(source, v.plan().vm(), pair.primary());
    }

    private Finding notGivenUp(Duration limit) {
        return Finding.of(
                FindingCode.UNDO_FAILED,
                v.plan().on(source.name()),
                "The source's QEMU has not given the migration up within " + limit.toMillis() + " ms.",
                "Wait for it, or raise the deadline 'cancel'; QEMU itself may wait 30 s for the guest.");
    }

    private Finding notRunning(VmState state) {
        return Finding.of(
                FindingCode.GUEST_NOT_RUNNING,
                v.plan().on(source.name()),
                "The VM is " + state + " on the source after the migration was taken back.",
                "Start the VM on host " + source.name() + "; its definition is still there.");
    }

    private Finding notBack(PairView pair) {
        return Finding.of(
                FindingCode.PRIMARY_NOT_RETURNED,
                v.plan().subject() + ", primary " + pair.primary(),
                answer(pair)
                        .reason()
                        .map(why -> "The guest runs on the source, but it is unknown whether it has " + pair.primary()
                                + " again: " + why + ".")
                        .orElse("The guest runs on the source, but has not got " + pair.primary() + " back."),
                "Check the guest's driver; if it is well, restart the VM.");
    }
}
