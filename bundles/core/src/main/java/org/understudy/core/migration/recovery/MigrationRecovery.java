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
import org.understudy.core.migration.step.Step;

/**
 * Brings a migration to an end that was under way when this server stopped. Both hosts are asked; the VM goes on to
 * the destination if it runs there or if the source had stopped for good, and back to the source if that is proven
 * safe. Everything else is left as it is, for a person.
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
            LOG.info("Migration {} of VM {} is taken up again", before.id(), before.vm());
            Host source = services.bounded(found.source());
            Host destination = services.bounded(found.destination());
            resumeMigration(new MigrationContext(
                    new MigrationRequest(before.id(), before.vm(), source, destination, entry.options(), policy),
                    services,
                    status,
                    events));
        } catch (StepAbortedException stop) {
            if (stop.reason() == StepAbortedException.Reason.CANCELLED) {
                endedByRequest(wait);
            } else {
                LOG.info("Migration {} of VM {} is left to the next start", before.id(), before.vm());
            }
        }
    }

    /** Without the answers of both hosts it is unknown where the VM runs, so nothing is released. */
    private void endedByRequest(RecoveryWait wait) {
        String why = wait.reported().map(Finding::message).orElse("The hosts had not answered yet.");
        wait.reported().ifPresent(status::remove);
        status.endNeedingAttention(
                unclear("The recovery was ended by request. " + why).findings().get(0));
        LOG.warn("Migration {} of VM {}: recovery ended by request", before.id(), before.vm());
    }

    private void resumeMigration(MigrationContext context) {
        MigrationStep at = lastStep();
        try {
            events.open(context.request().source(), context.request().destination());
            status.fact(at, "recovered", "this server was restarted in the meantime");
            context.leases().addAll(entry.leases());
            awaitAutomaticSwitchover(context);
            VmState there = awaitState(context, context.request().destination());
            VmState here = awaitState(context, context.request().source());
            if (there == VmState.RUNNING && here == VmState.RUNNING) {
                throw unclear("The VM runs on both hosts.");
            }
            if (there == VmState.RUNNING || entry.stage() == MigrationJournal.Stage.COMMITTED) {
                proceed(context, there, here);
            } else {
                requireKnownPause(context, here);
                rollBack(context, there, at);
            }
        } catch (StepAbortedException stop) {
            new MigrationCompletion(context).abort(at, stop);
        } catch (RuntimeException | Error e) {
            LOG.warn("Migration {} of VM {} could not be taken up", before.id(), before.vm(), e);
            String why = e instanceof UnderstudyException ? e.getMessage() : e.toString();
            new MigrationCompletion(context).abort(at, unclear("The recovery failed: " + why + "."));
        }
    }

    /** A host that switches by itself went on without this server; where the VM is can be told when it is done. */
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

    /** Of a sending end that switches by itself and is still at it. */
    private Optional<MigrationPhase> automaticPhase(Host source) {
        return source.outgoing(before.vm())
                .filter(OutgoingMigration::switchesByItself)
                .map(o -> o.progress().phase())
                .filter(phase -> !phase.isOver());
    }

    /** The step that was at work; its state says so. */
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

    /** A host that is away for a moment is asked again. */
    private VmState awaitState(MigrationContext context, Host host) {
        return context.events()
                .poll(services.timings().absence(), () -> Optional.of(state(host)))
                .orElseThrow();
    }

    private VmState state(Host host) {
        return host.find(before.vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
    }

    private void proceed(MigrationContext context, VmState there, VmState here) {
        if (there != VmState.RUNNING) {
            acceptIfSafe(context, there, here);
        }
        context.resumed(services.time().instant());
        status.done(lastStep());
        context.snapshot(snapshotOn(context.request().destination()));
        context.request()
                .source()
                .outgoing(before.vm())
                .ifPresent(o ->
                        context.sourceMonitor(new SourceMonitor(context.request(), context.events(), o, services.time())));
        finish(context, new PlugStep());
        if (context.sourceMonitorIfAny().isPresent()) {
            finish(context, new ReleaseStep());
        } else if (here == VmState.PAUSED) {
            throw unclear("The VM runs on the destination, and is PAUSED on the source.");
        } else {
            status.skip(MigrationStep.RELEASE, "the source has no QEMU of this VM any more");
        }
        new MigrationCompletion(context).complete();
    }

    private void finish(MigrationContext context, Step step) {
        status.begin(step.step());
        step.run(context);
        status.done(step.step());
    }

    private void acceptIfSafe(MigrationContext context, VmState there, VmState here) {
        Optional<IncomingMigration> incoming = context.request().destination().incoming(before.vm());
        boolean received = there == VmState.INCOMING
                && incoming.filter(i -> i.phase() == MigrationPhase.COMPLETED).isPresent();
        if (!received || !hasStoppedForGood(context.request().source(), here)) {
            throw unclear("The destination holds the VM as " + there + ", the source as " + here + ".");
        }
        incoming.get().accept();
    }

    private boolean hasStoppedForGood(Host source, VmState here) {
        return here == VmState.SHUTOFF
                || here == VmState.PAUSED
                        && source.outgoing(before.vm())
                                .filter(o -> o.progress().phase() == MigrationPhase.COMPLETED)
                                .isPresent();
    }

    /** A guest that stands still may have been paused by an admin or by the migration; only the sending end can tell. */
    private void requireKnownPause(MigrationContext context, VmState here) {
        boolean mayHaveBeenSent =
                entry.stage() == MigrationJournal.Stage.PREPARED || entry.stage() == MigrationJournal.Stage.GOING_BACK;
        if (here == VmState.PAUSED
                && mayHaveBeenSent
                && context.request().source().outgoing(before.vm()).isEmpty()) {
            throw unclear("The VM is paused on the source, and its sending end cannot be reached.");
        }
    }

    private void rollBack(MigrationContext context, VmState there, MigrationStep at) {
        if (there == VmState.PAUSED || there == VmState.UNKNOWN) {
            throw unclear("The destination holds the VM as " + there + ".");
        }
        Rollback rollback = new Rollback(context);
        context.snapshot(snapshotOn(context.request().source()));
        context.leases()
                .forEach(lease -> context.rollbacks().push(MigrationStep.LEASE, "undoLease-" + lease.primary(), () -> {
                    services.pools().orElseThrow().release(lease);
                    return lease.vf() + " released";
                }, () -> Rollback.releaseRemedy(lease)));
        context.rollbacks().push(MigrationStep.SWITCH, "undoGuest", rollback::restoreGuest, rollback::guestRemedy);
        if (there == VmState.INCOMING) {
            context.incoming(context.request()
                    .destination()
                    .incoming(before.vm())
                    .orElseThrow(() -> unclear("The receiving QEMU cannot be reached.")));
            context.rollbacks().push(MigrationStep.LEASE, "undoIncoming", rollback::abortIncoming, rollback::incomingRemedy);
        } else {
            context.markIncomingGone();
        }
        context.request().source().outgoing(before.vm()).ifPresent(o -> {
            context.sourceMonitor(new SourceMonitor(context.request(), context.events(), o, services.time()));
            context.rollbacks().push(MigrationStep.TO_STANDBY, "undoSending", rollback::cancelSending, rollback::placeRemedy);
        });
        throw StepAbortedException.failed(
                FindingCode.MIGRATION_FAILED,
                "vm " + before.vm(),
                "This server stopped in step " + at.number() + " of the migration",
                "Start the migration again.");
    }

    /** What each primary was before is not known any more; one that QEMU hides was hidden before. */
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
                message + " Nothing was touched.",
                "Find out on which host the VM is right, and remove the other."));
    }

    /** Ends the wait for a host; after that the direction is given by what the hosts say. */
    @Override
    public void cancel() {
        events.cancel();
    }

    @Override
    public void abandon() {
        events.abandon();
    }
}
