// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.concurrent.Deadline;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmAnswers;

/** Brings one primary to the guest on the destination: QEMU plugs it by itself, or this server does. */
final class PrimaryPlug {
    private static final Set<ErrorCode> UNANSWERED = EnumSet.of(
            ErrorCode.HOST_UNAVAILABLE, ErrorCode.DEADLINE_EXCEEDED, ErrorCode.QMP_DISCONNECTED, ErrorCode.CANCELLED);

    private final MigrationContext context;
    private final Arrived arrived;
    private final PairView pair;
    private Optional<Finding> failure = Optional.empty();
    private boolean refused;
    private Optional<Duration> opening = Optional.empty();

    PrimaryPlug(MigrationContext context, Arrived arrived, PairView pair) {
        this.context = context;
        this.arrived = arrived;
        this.pair = pair;
    }

    /** Waits; true once the guest has enabled the primary. */
    boolean await(Duration limit) {
        boolean enabled = arrived.isExplicit()
                ? !arrived.lacksVf(pair) && plug() && awaitEnabled(limit)
                : awaitAutomaticPlug(limit);
        context.status().fact(MigrationStep.TO_PRIMARY, pair.primary().value(), answer());
        return enabled;
    }

    /** A primary that QEMU should have plugged while it loaded the VM, and has not, is plugged here. */
    private boolean awaitAutomaticPlug(Duration limit) {
        Deadline end = context.events().deadline(limit);
        boolean enabled = awaitEnabled(wasHidden() ? Duration.ZERO : graceWithin(limit));
        if (enabled || wasHidden()) {
            return enabled;
        }
        if (answer().is(PrimaryPresence.ABSENT) && !arrived.lacksVf(pair) && !plug() && isRefused()) {
            return false;
        }
        return awaitEnabled(end.left());
    }

    /** Nothing plugs a primary that the host has refused. Without an answer it may have been plugged; QEMU may have done so too. */
    private boolean isRefused() {
        return refused && answer().is(PrimaryPresence.ABSENT);
    }

    private Duration graceWithin(Duration limit) {
        Duration grace = context.services().timings().grace();
        return grace.compareTo(limit) < 0 ? grace : limit;
    }

    /** A primary that was hidden on the source does not appear: the guest has not negotiated standby. */
    private boolean wasHidden() {
        return arrived.snapshot().presence().get(pair.primary()) == PrimaryPresence.HIDDEN;
    }

    private Optional<PciAddress> vf() {
        return Optional.ofNullable(context.assignedVfs().get(pair.primary()));
    }

    private boolean plug() {
        long began = context.services().scheduler().nanos();
        try {
            DeadlineCall.call(
                    context.events(),
                    MigrationStep.TO_PRIMARY,
                    "the destination to plug " + pair.primary(),
                    arrived.snapshot().deadlines(context.request()).plug(),
                    () -> context.request()
                            .destination()
                            .plugPrimary(context.request().vm(), pair.primary(), vf()));
            Duration time = Duration.ofNanos(context.services().scheduler().nanos() - began);
            opening = Optional.of(time);
            context.status().fact(MigrationStep.TO_PRIMARY, "plugged-" + pair.primary(), "by Understudy");
            context.status().fact(MigrationStep.TO_PRIMARY, "openedMs-" + pair.primary(), time.toMillis());
            return true;
        } catch (UnderstudyException e) {
            refused = !UNANSWERED.contains(e.code());
            failure = Optional.of(Finding.of(
                    FindingCode.PRIMARY_NOT_RETURNED,
                    context.request().subject() + ", primary " + pair.primary(),
                    "Primary " + pair.primary() + " could not be plugged on host "
                            + context.request().destination().name() + ": " + e.getMessage(),
                    e.code().remedy()));
            return false;
        }
    }

    private boolean awaitEnabled(Duration limit) {
        return context.events()
                .poll(limit, () -> {
                    requireGuestAlive();
                    return answer().is(PrimaryPresence.ENABLED) ? Optional.of(true) : Optional.empty();
                })
                .isPresent();
    }

    /** Why the host did not plug it; empty if it did, or the plug was not requested. */
    Optional<Finding> failure() {
        return failure;
    }

    /** How long QEMU took to open the VF; empty if this server did not plug it. */
    Optional<Duration> opening() {
        return opening;
    }

    PairView pair() {
        return pair;
    }

    /** What the destination answers about the primary now. */
    PrimaryAnswer answer() {
        return PrimaryAnswer.of(
                context.request().destination(), context.request().vm(), pair.primary());
    }

    private String nextStep() {
        VmAnswers answers = context.answers();
        return answers.destination().is(VmState.SHUTOFF) && answers.source().is(VmState.PAUSED)
                ? "Destroy the VM on host " + context.request().source().name()
                        + ", which the migration has paused, and never resume it there; then start it on host "
                        + context.request().destination().name() + " (" + answers + ")."
                : answers.startOnDestination();
    }

    private void requireGuestAlive() {
        context.events().destination().stopped().ifPresent(reason -> {
            throw StepAbortedException.unclear(Finding.of(
                    FindingCode.GUEST_NOT_RUNNING,
                    context.request().subjectOn(context.request().destination().name()),
                    "The VM stopped on the destination after the switchover: " + reason,
                    nextStep()));
        });
    }
}
