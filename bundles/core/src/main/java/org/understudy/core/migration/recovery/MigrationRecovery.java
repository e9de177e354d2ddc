// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.Policy;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView.PairView;
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
import org.understudy.core.migration.context.VmSnapshot;
import org.understudy.core.migration.step.MigrationCompletion;
import org.understudy.core.migration.step.PlugStep;
import org.understudy.core.migration.step.ReleaseStep;
import org.understudy.core.migration.step.Rollback;
import org.understudy.core.migration.step.RollbackFindings;
import org.understudy.core.migration.step.Step;

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
        this.events = new MigrationEvents(before.vm(), services.timings(), services.time(), services.threads());
    }

    @Override
    public void run() {
        RecoveryWait wait = new RecoveryWait(before, hosts, services, status, events);
        try (events) {
            RecoveryWait.Found found = wait.hosts();
            events.passPointOfNoReturn();
            LOG.info("Migration {} of VM {}: recovery started", before.id(), before.vm());
            Host source = services.bounded(found.source());
            Host destination = services.bounded(found.destination());
            HeldHosts held = found.held();
            try (held) {
                resumeMigration(new MigrationContext(
                        new MigrationRequest(before.id(), before.vm(), source, destination, entry.options(), policy),
                        services,
                        status,
                        events));
            }
        } catch (StepAbortedException stop) {
            if (stop.reason() == StepAbortedException.Reason.CANCELLED) {
                endedByRequest(wait);
            } else {
                LOG.info("Migration {} of VM {}: left to the next start of this server", before.id(), before.vm());
            }
        }
    }

    /** Without the answers of both hosts it is unknown on which host the VM runs, so nothing is released. */
    private void endedByRequest(RecoveryWait wait) {
        String why = wait.reported().map(Finding::message).orElse("The hosts had not answered");
        wait.reported().ifPresent(status::remove);
        status.endNeedingAttention(
                unclear("Recovery ended by request: " + why).findings().get(0));
        LOG.warn("Migration {} of VM {}: recovery ended by request", before.id(), before.vm());
    }

    private void resumeMigration(MigrationContext context) {
        MigrationStep at = lastStep();
        try {
            events.open(context.request().source(), context.request().destination());
            status.fact(at, "recovered", "this server was restarted during the migration");
            context.leases().addAll(entry.leases());
            awaitAutomaticSwitchover(context);
            VmState destinationState = awaitState(context, context.request().destination());
            VmState sourceState = awaitState(context, context.request().source());
            if (destinationState == VmState.RUNNING && sourceState == VmState.RUNNING) {
                throw unclear("VM " + before.vm() + " runs on both hosts");
            }
            if (destinationState == VmState.RUNNING || entry.stage() == MigrationJournal.Stage.COMMITTED) {
                proceed(context, destinationState, sourceState);
            } else {
                requireKnownPause(context, sourceState);
                rollBack(context, destinationState, at);
            }
        } catch (StepAbortedException stop) {
            new MigrationCompletion(context).abort(at, stop);
        } catch (RuntimeException | Error e) {
            LOG.warn("Migration {} of VM {}: recovery failed", before.id(), before.vm(), e);
            String why = e instanceof UnderstudyException ? e.getMessage() : e.toString();
            new MigrationCompletion(context).abort(at, unclear("Recovery failed: " + why));
        }
    }

    /** A host that switches by itself continued without this server; the place of the VM is known once it is done. */
    private void awaitAutomaticSwitchover(MigrationContext context) {
        if (entry.stage() == MigrationJournal.Stage.GOING_BACK) {
            return;
        }
        Host source = context.request().source();
        boolean released = context.events()
                .poll(
                        policy.deadlines().unplug(),
                        () -> Optional.of(true)
                                .filter(yes -> automaticPhase(source)
                                        .filter(p -> !SourceMonitor.isPastUnplug(p))
                                        .isEmpty()))
                .isPresent();
        if (released) {
            context.events()
                    .poll(
                            policy.deadlines().copy(),
                            () -> Optional.of(true)
                                    .filter(yes -> automaticPhase(source).isEmpty()));
        }
    }

    /** The phase of a running migration that the host switches by itself; empty if there is none. */
    private Optional<MigrationPhase> automaticPhase(Host source) {
        return source.outgoing(before.vm())
                .filter(OutgoingMigration::switchesByItself)
                .map(o -> o.progress().phase())
                .filter(phase -> !phase.isOver());
    }

    /** The step that was running when this server stopped. */
    private MigrationStep lastStep() {
        return before.steps().stream()
                .filter(s -> s.state() == StepState.RUNNING)
                .map(StepReport::step)
                .findFirst()
                .orElse(
                        entry.stage() == MigrationJournal.Stage.STARTED
                                ? MigrationStep.PREFLIGHT
                                : MigrationStep.LEASE);
    }

    /** A host that does not answer is queried again, up to the limit. */
    private VmState awaitState(MigrationContext context, Host host) {
        return context.events()
                .poll(services.timings().absence(), () -> Optional.of(state(host)))
                .orElseThrow();
    }

    private VmState state(Host host) {
        return host.find(before.vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
    }

    private void proceed(MigrationContext context, VmState destinationState, VmState sourceState) {
        if (destinationState != VmState.RUNNING) {
            acceptIfSafe(context, destinationState, sourceState);
        }
        context.resumed(services.time().instant());
        status.done(lastStep());
        context.snapshot(snapshotOn(context.request().destination()));
        context.request()
                .source()
                .outgoing(before.vm())
                .ifPresent(o -> context.sourceMonitor(
                        new SourceMonitor(context.request(), context.events(), o, services.time())));
        finish(context, new PlugStep());
        if (context.sourceMonitorIfAny().isPresent()) {
            finish(context, new ReleaseStep());
        } else if (sourceState == VmState.PAUSED) {
            throw leftOver();
        } else {
            status.skip(MigrationStep.RELEASE, "the source no longer has a QEMU of this VM");
        }
        new MigrationCompletion(context).complete();
    }

    private void finish(MigrationContext context, Step step) {
        status.begin(step.step());
        step.run(context);
        status.done(step.step());
    }

    private void acceptIfSafe(MigrationContext context, VmState destinationState, VmState sourceState) {
        Optional<IncomingMigration> incoming = context.request().destination().incoming(before.vm());
        boolean received = destinationState == VmState.INCOMING
                && incoming.filter(i -> i.phase() == MigrationPhase.COMPLETED).isPresent();
        if (!received || !hasStoppedForGood(context.request().source(), sourceState)) {
            throw unclear("VM " + before.vm() + " is " + destinationState + " on the destination and " + sourceState
                    + " on the source");
        }
        incoming.get().accept();
    }

    private boolean hasStoppedForGood(Host source, VmState sourceState) {
        return sourceState == VmState.SHUTOFF
                || sourceState == VmState.PAUSED
                        && source.outgoing(before.vm())
                                .filter(o -> o.progress().phase() == MigrationPhase.COMPLETED)
                                .isPresent();
    }

    /** A guest may have been paused by an admin or by the migration; only the outgoing migration shows which. */
    private void requireKnownPause(MigrationContext context, VmState sourceState) {
        boolean mayHaveBeenSent =
                entry.stage() == MigrationJournal.Stage.PREPARED || entry.stage() == MigrationJournal.Stage.GOING_BACK;
        if (sourceState == VmState.PAUSED
                && mayHaveBeenSent
                && context.request().source().outgoing(before.vm()).isEmpty()) {
            throw unclear("VM " + before.vm() + " is paused on the source, and its outgoing migration is unreachable");
        }
    }

    private void rollBack(MigrationContext context, VmState destinationState, MigrationStep at) {
        if (destinationState == VmState.PAUSED || destinationState == VmState.UNKNOWN) {
            throw unclear("VM " + before.vm() + " is " + destinationState + " on the destination");
        }
        Rollback rollback = new Rollback(context);
        RollbackFindings remedies = new RollbackFindings(context);
        context.snapshot(snapshotOn(context.request().source()));
        context.leases()
                .forEach(lease -> context.rollbacks()
                        .push(
                                MigrationStep.LEASE,
                                "undoLease-" + lease.primary(),
                                () -> {
                                    services.pools().orElseThrow().release(lease);
                                    return lease.vf() + " released";
                                },
                                () -> RollbackFindings.releaseRemedy(lease)));
        context.rollbacks().push(MigrationStep.SWITCH, "undoGuest", rollback::restoreGuest, remedies::guestRemedy);
        if (destinationState == VmState.INCOMING) {
            context.incoming(context.request()
                    .destination()
                    .incoming(before.vm())
                    .orElseThrow(() -> unclear("The destination QEMU of VM " + before.vm() + " is unreachable")));
            context.rollbacks()
                    .push(MigrationStep.LEASE, "undoIncoming", rollback::abortIncoming, remedies::incomingRemedy);
        } else {
            context.markIncomingGone();
        }
        context.request().source().outgoing(before.vm()).ifPresent(o -> {
            context.sourceMonitor(new SourceMonitor(context.request(), context.events(), o, services.time()));
            context.rollbacks()
                    .push(MigrationStep.TO_STANDBY, "undoSending", rollback::cancelSending, remedies::placeRemedy);
        });
        throw StepAbortedException.failed(
                FindingCode.MIGRATION_FAILED,
                "vm " + before.vm(),
                "This server stopped in step " + at.number() + " of the migration",
                "Start the migration again.");
    }

    /** The former presence of each primary is unknown; only a primary that QEMU hides was hidden before. */
    private VmSnapshot snapshotOn(Host host) {
        if (host.find(before.vm()).isEmpty()) {
            return new VmSnapshot("", "", List.of(), Map.of());
        }
        String configured = host.definition(before.vm());
        String live = host.liveDefinition(before.vm()).orElse(configured);
        List<PairView> pairs = services.definitions()
                .view(live)
                .pairsWith(services.definitions().view(configured));
        Map<Alias, PrimaryPresence> presence = new HashMap<>();
        for (PairView pair : pairs) {
            PrimaryPresence now = host.primaryPresence(before.vm(), pair.primary());
            presence.put(pair.primary(), now == PrimaryPresence.HIDDEN ? now : PrimaryPresence.UNKNOWN);
        }
        return new VmSnapshot(live, configured, pairs, Map.copyOf(presence));
    }

    private StepAbortedException unclear(String message) {
        return StepAbortedException.unclear(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + before.vm(),
                message + "; nothing was changed",
                "Decide which of the hosts " + before.source() + " and " + before.destination()
                        + " has the valid copy of the VM, and destroy the other."));
    }

    private StepAbortedException leftOver() {
        return StepAbortedException.unclear(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + before.vm() + " on host " + before.source(),
                "VM " + before.vm() + " runs on host " + before.destination() + " and is still paused on host "
                        + before.source(),
                "Destroy the VM on host " + before.source() + "; never resume it there."));
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
