// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.Policy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.core.migration.context.CopyWatch;
import org.understudy.core.migration.context.HeldHosts;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationEvents;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.Task;
import org.understudy.core.migration.context.VmAnswers;
import org.understudy.core.migration.step.MigrationCompletion;

/**
 * Ends a migration that was running when this server stopped. Both hosts are queried. The migration is completed if the VM
 * runs on the destination or the source has stopped permanently, and rolled back if that is proven safe. In all other cases
 * nothing is changed, and an admin decides.
 */
public final class MigrationRecovery implements Task {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationRecovery.class);

    private final MigrationJournal.Entry entry;
    private final Hosts hosts;
    private final Policy policy;
    private final MigrationServices services;
    private final MigrationStatusBuilder status;
    private final Migration before;
    private final MigrationEvents events;

    public MigrationRecovery(
            MigrationJournal.Entry entry,
            Hosts hosts,
            Policy policy,
            MigrationServices services,
            MigrationStatusBuilder status) {
        this.entry = entry;
        this.hosts = hosts;
        this.policy = policy;
        this.services = services;
        this.status = status;
        this.before = entry.migration();
        this.events = new MigrationEvents(before.vm(), services.timings(), services.scheduler(), services.threads());
    }

    @Override
    public void run() {
        RecoveryWait wait = new RecoveryWait(entry, hosts, services, status, events);
        try (events) {
            RecoveryWait.Found found = wait.hosts();
            HeldHosts held = found.held();
            try (held) {
                events.passPointOfNoReturn();
                LOG.info("Migration {} of VM {}: recovery started", before.id(), before.vm());
                Host source = services.bounded(found.source());
                Host destination = services.bounded(found.destination());
                MigrationRequest request = new MigrationRequest(
                        before.id(), before.vm(), before.uuid(), source, destination, entry.options(), policy);
                resumeMigration(new InterruptedMigration(
                        entry, MigrationContext.recovered(request, services, status, events, entry)));
            }
        } catch (StepAbortedException stop) {
            if (stop.reason() == StepAbortedException.Reason.CANCELLED) {
                endedByRequest(wait);
            } else {
                LOG.info("Migration {} of VM {}: left to the next start of this server", before.id(), before.vm());
            }
        }
    }

    /** It was not decided yet on which host the VM runs, so nothing is released. */
    private void endedByRequest(RecoveryWait wait) {
        String why = wait.reported().map(Finding::message).orElse("The state of the hosts was not known yet");
        wait.reported().ifPresent(status::remove);
        status.endNeedingAttention(
                InterruptedMigration.unclearWithoutAnswer(before, "Recovery ended by request: " + why)
                        .findings()
                        .get(0));
        LOG.warn("Migration {} of VM {}: recovery ended by request", before.id(), before.vm());
    }

    private void resumeMigration(InterruptedMigration interrupted) {
        MigrationContext context = interrupted.context();
        MigrationStep at = interrupted.lastStep();
        try {
            events.open(interrupted.source(), interrupted.destination());
            status.fact(at, "recovered", "this server was restarted during the migration");
            context.leases().addAll(entry.leases());
            awaitAutomaticSwitchover(interrupted);
            VmState destinationState = interrupted.awaitState(interrupted.destination());
            VmState sourceState = interrupted.awaitState(interrupted.source());
            if (destinationState == VmState.RUNNING && sourceState == VmState.RUNNING) {
                throw interrupted.unclear("VM " + before.vm() + " runs on both hosts");
            }
            VmAnswers answers = context.answers();
            Optional<Finding> other = answers.otherMigration();
            if (other.isPresent()) {
                throw new RollbackRecovery(interrupted, sourceState, destinationState, answers).leaveTo(other.get());
            }
            if (destinationState == VmState.RUNNING || entry.stage() == MigrationJournal.Stage.COMMITTED) {
                new ArrivalRecovery(interrupted, sourceState, destinationState).run();
            } else {
                throw new RollbackRecovery(interrupted, sourceState, destinationState, answers).prepare();
            }
        } catch (StepAbortedException stop) {
            completion(context).abort(at, stop);
        } catch (RuntimeException | Error e) {
            LOG.warn("Migration {} of VM {}: recovery failed", before.id(), before.vm(), e);
            String why = e instanceof UnderstudyException ? e.getMessage() : e.toString();
            completion(context).abort(at, interrupted.unclear("Recovery failed: " + why));
        }
    }

    private static MigrationCompletion completion(MigrationContext context) {
        return new MigrationCompletion(context, Optional.empty());
    }

    /** A host that switches by itself continued without this server; the place of the VM is known once it is done. */
    private void awaitAutomaticSwitchover(InterruptedMigration interrupted) {
        if (entry.stage() == MigrationJournal.Stage.GOING_BACK) {
            return;
        }
        boolean released = events.poll(
                        policy.deadlines().unplug(),
                        () -> Optional.of(true)
                                .filter(yes -> automaticProgress(interrupted)
                                        .filter(p -> !SourceMonitor.isPastUnplug(p.phase()))
                                        .isEmpty()))
                .isPresent();
        if (released) {
            awaitCopy(interrupted);
        }
    }

    private void awaitCopy(InterruptedMigration interrupted) {
        MigrationContext context = interrupted.context();
        CopyWatch watch = new CopyWatch(context.request(), services, status, events.source(), false);
        try {
            events.awaitUnlimited(() -> {
                int pass = watch.pass();
                Optional<MigrationProgress> running = automaticProgress(interrupted);
                running.ifPresent(progress -> watch.sample(pass, progress));
                return Optional.of(true)
                        .filter(yes -> running.isEmpty() || watch.failure().isPresent());
            });
        } finally {
            watch.close();
        }
    }

    /** The progress of a running migration that the host switches by itself; empty if there is none. */
    private static Optional<MigrationProgress> automaticProgress(InterruptedMigration interrupted) {
        return interrupted
                .outgoing()
                .filter(OutgoingMigration::switchesByItself)
                .map(OutgoingMigration::progress)
                .filter(progress -> !progress.phase().isOver());
    }

    /** Ends the wait for a host; later a cancel has no effect, as the state of both hosts decides. */
    @Override
    public void cancel() {
        events.cancel();
    }

    @Override
    public void abandon() {
        events.abandon();
    }
}
