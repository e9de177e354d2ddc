// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmAnswers;
import org.understudy.core.migration.context.VmSnapshot;

/** Cancels a migration on its source, and finds out whether the VM has arrived on the destination before. */
final class SendingRollback {
    private static final Logger LOG = LoggerFactory.getLogger(SendingRollback.class);

    private final MigrationContext context;
    private final SourceMonitor source;
    private final RequestedUnplugs unplugs;
    private final RollbackFindings findings;

    SendingRollback(MigrationContext context, VmSnapshot snapshot, SourceMonitor source, RollbackFindings findings) {
        this.context = context;
        this.source = source;
        this.unplugs = new RequestedUnplugs(context, snapshot);
        this.findings = findings;
    }

    /** Cancels the migration on the source. After a wait for the guest QEMU itself may need 30 s for that. */
    String cancel() {
        if (context.events().source().stopped().isPresent()) {
            requireNotRunningOnDestination();
            return "the source QEMU has ended";
        }
        Optional<String> refused = isOwn() ? Optional.empty() : awaitRefusal();
        if (refused.isPresent()) {
            return refused.get();
        }
        Optional<MigrationPhase> after = cancelOutgoing();
        if (source.outgoing().switchesByItself()) {
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
    boolean hasArrivedDespiteCancel() {
        try {
            return source.outgoing().switchesByItself()
                    && isOwn()
                    && cancelOutgoing().equals(Optional.of(MigrationPhase.COMPLETED));
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

    private boolean isOwn() {
        if (!source.isOwn() && context.hasArrivedOrArrives()) {
            source.prove();
        }
        return source.isOwn();
    }

    /**
     * Waits for the answer to a command that waits on the source for the end of another migration. It cannot be cancelled:
     * a cancel would end that migration. Empty if the source has begun this migration meanwhile.
     */
    private Optional<String> awaitRefusal() {
        Optional<Optional<String>> answer = context.events()
                .poll(context.request().deadlines().cancel(), () -> {
                    MigrationProgress progress = source.query();
                    if (isOwn()) {
                        return Optional.of(Optional.empty());
                    }
                    return Optional.of(progress)
                            .filter(p -> p.phase().isOver())
                            .map(p -> Optional.of("the source has not sent this migration: " + p.error()));
                });
        return answer.orElseThrow(() -> StepAbortedException.unclear(findings.mayBegin()));
    }

    /** Returns the phase in which QEMU ended the migration; empty if it has not ended in time. */
    private Optional<MigrationPhase> cancelOutgoing() {
        MigrationPhase before = source.query().phase();
        long requested = context.services().scheduler().nanos();
        if (!before.isOver()) {
            source.outgoing().cancel();
        }
        Optional<MigrationPhase> after =
                context.events().poll(context.request().deadlines().cancel(), this::endedPhase);
        if (mayHaveRequestedUnplug(before)) {
            unplugs.markUnreleased(
                    after.isPresent(),
                    Duration.ofNanos(context.services().scheduler().nanos() - requested));
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
                    source.outgoing()::finish);
        }
        if (after.isEmpty() || after.get() == MigrationPhase.COMPLETED) {
            throw StepAbortedException.unclear(after.isEmpty() ? findings.mayArrive() : findings.arrived());
        }
    }

    /** Where the host itself switches, a source QEMU may end after the VM has arrived. */
    private void requireNotRunningOnDestination() {
        if (!source.outgoing().switchesByItself()) {
            return;
        }
        VmAnswers answers = context.answers();
        answers.destination().failure().ifPresent(why -> {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, why);
        });
        if (answers.destination().is(VmState.RUNNING) && answers.hasArrivedOrArrives()) {
            throw StepAbortedException.unclear(findings.arrived());
        }
    }

    /** QEMU requests the unplug during setup; only an event shows it. */
    private boolean mayHaveRequestedUnplug(MigrationPhase before) {
        return switch (before) {
            case WAIT_UNPLUG, CANCELLING -> true;
            case SETUP ->
                context.events()
                        .source()
                        .lastTime(HostEvent.UnplugRequested.class)
                        .isPresent();
            default -> false;
        };
    }

    private Optional<MigrationPhase> endedPhase() {
        return context.events().source().stopped().isPresent()
                ? Optional.of(MigrationPhase.NONE)
                : Optional.of(source.query().phase()).filter(MigrationPhase::isOver);
    }
}
