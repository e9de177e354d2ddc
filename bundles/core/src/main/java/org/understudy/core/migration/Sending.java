// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;

/**
 * The sending end as the run sees it: the phases of the source's QEMU, from its events and from asking. An event tells
 * when a phase began; asking is the net for events that were missed.
 */
final class Sending {
    private static final Set<MigrationPhase> PAST_UNPLUG = EnumSet.of(
            MigrationPhase.ACTIVE,
            MigrationPhase.POSTCOPY,
            MigrationPhase.PRE_SWITCHOVER,
            MigrationPhase.DEVICE,
            MigrationPhase.COMPLETED);

    private final Plan plan;
    private final Trail trail;
    private final OutgoingMigration outgoing;
    private final InstantSource clock;
    private final Set<MigrationPhase> asked = EnumSet.noneOf(MigrationPhase.class);
    private Optional<Instant> askedPastUnplug = Optional.empty();

    Sending(Plan plan, Trail trail, OutgoingMigration outgoing, InstantSource clock) {
        this.plan = plan;
        this.trail = trail;
        this.outgoing = outgoing;
        this.clock = clock;
    }

    OutgoingMigration outgoing() {
        return outgoing;
    }

    /** Asks QEMU, and remembers the answer. */
    MigrationProgress ask() {
        MigrationProgress progress = outgoing.progress();
        asked.add(progress.phase());
        if (askedPastUnplug.isEmpty() && PAST_UNPLUG.contains(progress.phase())) {
            askedPastUnplug = Optional.of(clock.instant());
        }
        return progress;
    }

    /**
     * Asks QEMU.
     *
     * @throws StepStopped if the migration cannot come to a good end any more
     */
    MigrationProgress askAndRequireAlive() {
        trail.sourceStopped().ifPresent(reason -> {
            throw StepStopped.guestLost(sourceGone(plan, reason));
        });
        MigrationProgress progress = ask();
        switch (progress.phase()) {
            case FAILED, CANCELLING, CANCELLED -> throw StepStopped.failed(migrationFailed(progress));
            default -> {
                if (progress.phase() != MigrationPhase.COMPLETED) {
                    trail.destinationStopped().ifPresent(reason -> {
                        throw StepStopped.failed(destinationGone(reason));
                    });
                }
            }
        }
        return progress;
    }

    /** True once QEMU is past the wait for the guest, whether or not it waited. */
    static boolean isPastUnplug(MigrationPhase phase) {
        return PAST_UNPLUG.contains(phase);
    }

    /** True if QEMU was seen waiting for the guest to release a primary. */
    boolean waitedForGuest() {
        return asked.contains(MigrationPhase.WAIT_UNPLUG)
                || phaseEvents().stream().anyMatch(e -> e.phase() == MigrationPhase.WAIT_UNPLUG);
    }

    /** When QEMU went on after its wait for the guest: the proof that the guest has let go. */
    Optional<Instant> released() {
        if (!waitedForGuest()) {
            return Optional.empty();
        }
        Optional<Instant> event = phaseEvents().stream()
                .dropWhile(e -> e.phase() != MigrationPhase.WAIT_UNPLUG)
                .filter(e -> PAST_UNPLUG.contains(e.phase()))
                .map(HostEvent::at)
                .findFirst();
        return event.or(() -> askedPastUnplug);
    }

    private List<HostEvent.MigrationChanged> phaseEvents() {
        return trail.fromSource().stream()
                .filter(HostEvent.MigrationChanged.class::isInstance)
                .map(HostEvent.MigrationChanged.class::cast)
                .toList();
    }

    static Finding sourceGone(Plan plan, String reason) {
        return Finding.of(
                FindingCode.GUEST_NOT_RUNNING,
                plan.on(plan.source().name()),
                "The VM stopped on the source while it was being moved: " + reason + ".",
                "Start the VM on host " + plan.source().name() + "; its definition is still there.");
    }

    private Finding destinationGone(String reason) {
        return Finding.of(
                FindingCode.MIGRATION_FAILED,
                plan.on(plan.destination().name()),
                "The receiving QEMU ended: " + reason + ".",
                "Read the VM's log on the destination.");
    }

    private Finding migrationFailed(MigrationProgress progress) {
        String why = progress.error().isEmpty() ? "QEMU gave no reason" : progress.error();
        return Finding.of(
                FindingCode.MIGRATION_FAILED,
                plan.on(plan.source().name()),
                "The source's QEMU ended the migration as " + progress.phase() + ": " + why + ".",
                "Read the VM's logs on both hosts.");
    }
}
