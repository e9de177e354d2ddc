// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.concurrent.Scheduler;

/**
 * Follows the phases of the source QEMU by events, with polling for missed events. Only an event has the time at which a
 * phase began. Used by one thread.
 */
public final class SourceMonitor {
    private static final Set<MigrationPhase> PAST_UNPLUG = EnumSet.of(
            MigrationPhase.ACTIVE,
            MigrationPhase.POSTCOPY,
            MigrationPhase.PRE_SWITCHOVER,
            MigrationPhase.DEVICE,
            MigrationPhase.COMPLETED);

    private final MigrationRequest request;
    private final MigrationEvents events;
    private final OutgoingMigration outgoing;
    private final Scheduler scheduler;
    private final Set<MigrationPhase> queried = EnumSet.noneOf(MigrationPhase.class);
    private Optional<EventTime> queriedPastUnplug = Optional.empty();
    private boolean proven;

    public SourceMonitor(
            MigrationRequest request, MigrationEvents events, OutgoingMigration outgoing, Scheduler scheduler) {
        this.request = request;
        this.events = events;
        this.outgoing = outgoing;
        this.scheduler = scheduler;
    }

    public OutgoingMigration outgoing() {
        return outgoing;
    }

    /**
     * Whether the host sends this migration, and not another one of the VM. A host that switches by itself accepts the
     * command of each server, and shows all of them the migration that it sends: only the mark on the destination proves
     * whose that is.
     */
    public boolean isOwn() {
        return proven || !outgoing.switchesByItself();
    }

    /** Records the proof that the host sends this migration. */
    public void prove() {
        proven = true;
    }

    /** Queries QEMU and records the answer. Blocks. */
    public MigrationProgress query() {
        MigrationProgress progress = outgoing.progress();
        queried.add(progress.phase());
        if (queriedPastUnplug.isEmpty() && PAST_UNPLUG.contains(progress.phase())) {
            queriedPastUnplug = Optional.of(EventTime.seen(scheduler.nanos()));
        }
        return progress;
    }

    /**
     * Queries QEMU. Blocks.
     *
     * @throws StepAbortedException if the migration can no longer succeed
     */
    public MigrationProgress queryAndRequireAlive() {
        events.source().stopped().ifPresent(reason -> {
            throw StepAbortedException.guestLost(sourceGone(request, reason));
        });
        MigrationProgress progress = query();
        switch (progress.phase()) {
            case FAILED, CANCELLING, CANCELLED -> throw StepAbortedException.failed(migrationFailed(progress));
            default -> {
                if (progress.phase() != MigrationPhase.COMPLETED) {
                    events.destination().stopped().ifPresent(reason -> {
                        throw StepAbortedException.failed(destinationGone(reason));
                    });
                }
            }
        }
        return progress;
    }

    /** True once QEMU is past the wait for the guest, whether or not it waited. */
    public static boolean isPastUnplug(MigrationPhase phase) {
        return PAST_UNPLUG.contains(phase);
    }

    /** True if QEMU was seen waiting for the guest to release a primary. */
    public boolean waitedForGuest() {
        return queried.contains(MigrationPhase.WAIT_UNPLUG)
                || phaseEvents().anyMatch(e -> e.phase() == MigrationPhase.WAIT_UNPLUG);
    }

    /** When QEMU continued after its wait for the guest, which proves that the guest released its primaries. */
    public Optional<EventTime> released() {
        if (!waitedForGuest()) {
            return Optional.empty();
        }
        Optional<EventTime> event = phaseEvents()
                .dropWhile(e -> e.phase() != MigrationPhase.WAIT_UNPLUG)
                .filter(e -> PAST_UNPLUG.contains(e.phase()))
                .findFirst()
                .map(events.source()::time);
        return event.or(() -> queriedPastUnplug);
    }

    private Stream<HostEvent.MigrationChanged> phaseEvents() {
        return events.source().of(HostEvent.MigrationChanged.class);
    }

    public static Finding sourceGone(MigrationRequest request, String reason) {
        return sourceGone(
                request,
                reason,
                "Find the host on which the VM runs with \"understudy:vm-show " + request.vm()
                        + "\" before you start it on any host.");
    }

    /** @param nextStep by the answers of both hosts */
    public static Finding sourceGone(MigrationRequest request, String reason, String nextStep) {
        return Finding.of(
                FindingCode.GUEST_NOT_RUNNING,
                request.subjectOn(request.source().name()),
                "VM " + request.vm() + " stopped on host " + request.source().name() + " during the migration: "
                        + reason,
                nextStep);
    }

    private Finding destinationGone(String reason) {
        return Finding.of(
                FindingCode.MIGRATION_FAILED,
                request.subjectOn(request.destination().name()),
                "The destination QEMU on host " + request.destination().name() + " ended: " + reason,
                "Read the QEMU log of the VM on the destination.");
    }

    private Finding migrationFailed(MigrationProgress progress) {
        String why = progress.error().isEmpty() ? "QEMU gave no reason" : progress.error();
        return Finding.of(
                FindingCode.MIGRATION_FAILED,
                request.subjectOn(request.source().name()),
                "The source QEMU ended the migration as " + progress.phase() + ": " + why,
                "Read the QEMU logs of the VM on both hosts.");
    }
}
