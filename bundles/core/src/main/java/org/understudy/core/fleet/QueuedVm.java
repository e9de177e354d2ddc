// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.util.Optional;
import org.understudy.api.BulkMigration.Entry;
import org.understudy.api.BulkMigration.State;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.StepState;
import org.understudy.api.Vm;

/** One VM of a bulk migration, from the wait to the end. Guarded by the monitor of {@link BulkMigrationService}. */
final class QueuedVm {
    private final Vm vm;
    private Optional<HostName> destination;
    private State state = State.WAITING;
    private Optional<Migration> migration = Optional.empty();
    private String reason = "";
    private boolean cancelled;

    /** @param destination empty: chosen when the migration starts */
    QueuedVm(Vm vm, Optional<HostName> destination) {
        this.vm = vm;
        this.destination = destination;
    }

    Vm vm() {
        return vm;
    }

    Optional<HostName> destination() {
        return destination;
    }

    State state() {
        return state;
    }

    boolean isOver() {
        return state != State.WAITING && state != State.RUNNING;
    }

    /** The migration; empty until it has started. */
    Optional<Migration> migration() {
        return migration;
    }

    /** Whether a host is the source or the destination of its running migration. */
    boolean occupies(HostName host) {
        return state == State.RUNNING && (vm.host().equals(host) || destination.equals(Optional.of(host)));
    }

    /** Whether its migration is about to lease VFs that the stock of the destination still shows as free. */
    boolean isLeasing() {
        return state == State.RUNNING
                && migration.stream()
                        .flatMap(m -> m.steps().stream())
                        .filter(step -> step.step() == MigrationStep.LEASE)
                        .allMatch(step -> step.state() == StepState.PENDING || step.state() == StepState.RUNNING);
    }

    /** Whether the user has cancelled it. */
    boolean isCancelled() {
        return cancelled;
    }

    /** Waits on; returns whether the reason is another one. */
    boolean waitFor(String why) {
        boolean changed = !reason.equals(why);
        reason = why;
        return changed;
    }

    void start(HostName to) {
        destination = Optional.of(to);
        state = State.RUNNING;
        reason = "";
    }

    void refuse(String why) {
        state = State.REFUSED;
        reason = why;
    }

    /** A waiting one is over; a running one ends by its migration. */
    void cancel() {
        cancelled = true;
        if (state == State.WAITING) {
            state = State.CANCELLED;
            reason = "";
        }
    }

    /** Ends a migration that was cancelled before it began; returns whether it was. */
    boolean withdraw() {
        if (cancelled && state == State.RUNNING && migration.isEmpty()) {
            state = State.CANCELLED;
        }
        return state == State.CANCELLED;
    }

    /** Returns whether clients see a difference. An update may arrive late, so an older one is ignored. */
    boolean update(Migration now) {
        if (isOver()
                || migration.filter(known -> known.revision() >= now.revision()).isPresent()) {
            return false;
        }
        boolean shown = migration.isEmpty()
                || !now.isRunning()
                || !migration.get().progress().equals(now.progress());
        migration = Optional.of(now);
        if (!now.isRunning()) {
            state = State.ENDED;
            reason = now.findings().stream()
                    .filter(f -> f.code() != FindingCode.NO_GAP_PROBE)
                    .findFirst()
                    .map(f -> f.message())
                    .orElse("");
        }
        return shown;
    }

    Entry view() {
        return new Entry(
                vm.name(),
                vm.uuid(),
                vm.host(),
                destination,
                state,
                migration.map(Migration::id),
                migration.flatMap(Migration::progress),
                migration.flatMap(Migration::outcome),
                reason);
    }
}
