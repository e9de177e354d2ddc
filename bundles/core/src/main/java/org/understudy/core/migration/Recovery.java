// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

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
import org.understudy.core.domain.DomainView.PairView;

/**
 * Brings a migration to an end that was under way when this server stopped. Both hosts are asked; the VM goes on to
 * the destination if it runs there or if the source had stopped for good, and back to the source if that is proven
 * safe. Everything else is left as it is, for a person.
 */
final class Recovery implements Work {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final Journal.Entry entry;
    private final Hosts hosts;
    private final Policy policy;
    private final Surroundings around;
    private final Picture picture;
    private final Migration before;
    private final Trail trail;

    Recovery(Journal.Entry entry, Hosts hosts, Policy policy, Surroundings around, Picture picture) {
        this.entry = entry;
        this.hosts = hosts;
        this.policy = policy;
        this.around = around;
        this.picture = picture;
        this.before = entry.migration();
        this.trail = new Trail(before.vm(), around.tempo(), around.time(), around.threads());
    }

    @Override
    public void run() {
        RecoveryWait wait = new RecoveryWait(before, hosts, around, picture, trail);
        try (trail) {
            RecoveryWait.Found found = wait.hosts();
            trail.passPointOfNoReturn();
            LOG.info("Migration {} of VM {} is taken up again", before.id(), before.vm());
            Host source = around.bounded(found.source());
            Host destination = around.bounded(found.destination());
            takeUp(new Voyage(
                    new Plan(before.id(), before.vm(), source, destination, entry.options(), policy),
                    around,
                    picture,
                    trail));
        } catch (StepStopped stop) {
            if (stop.reason() == StepStopped.Reason.CANCELLED) {
                endedByAdmin(wait);
            } else {
                LOG.info("Migration {} of VM {} is left to the next start", before.id(), before.vm());
            }
        }
    }

    /** Without the answers of both hosts it is unknown where the VM runs, so nothing is released. */
    private void endedByAdmin(RecoveryWait wait) {
        String why = wait.shown().map(Finding::message).orElse("The hosts had not answered yet.");
        wait.shown().ifPresent(picture::remove);
        picture.endBy(
                unclear("The recovery was ended by request. " + why).findings().get(0));
        LOG.warn("Migration {} of VM {}: recovery ended by request", before.id(), before.vm());
    }

    private void takeUp(Voyage v) {
        MigrationStep at = lastStep();
        try {
            trail.open(v.plan().source(), v.plan().destination());
            picture.fact(at, "recovered", "this server was restarted in the meantime");
            v.leases().addAll(entry.leases());
            awaitHostsOwnEnd(v);
            VmState there = awaitState(v, v.plan().destination());
            VmState here = awaitState(v, v.plan().source());
            if (there == VmState.RUNNING && here == VmState.RUNNING) {
                throw unclear("The VM runs on both hosts.");
            }
            if (there == VmState.RUNNING || entry.stage() == Journal.Stage.COMMITTED) {
                goOn(v, there, here);
            } else {
                requireAReasonForAPause(v, here);
                goBack(v, there, at);
            }
        } catch (StepStopped stop) {
            new Ending(v).stopped(at, stop);
        } catch (RuntimeException | Error e) {
            LOG.warn("Migration {} of VM {} could not be taken up", before.id(), before.vm(), e);
            String why = e instanceof UnderstudyException ? e.getMessage() : e.toString();
            new Ending(v).stopped(at, unclear("The recovery failed: " + why + "."));
        }
    }

    /** A host that switches by itself went on without this server; where the VM is can be told when it is done. */
    private void awaitHostsOwnEnd(Voyage v) {
        if (entry.stage() == Journal.Stage.GOING_BACK) {
            return;
        }
        Host source = v.plan().source();
        boolean released = v.trail()
                .poll(
                        policy.deadlines().unplug(),
                        () -> Optional.of(true)
                                .filter(yes -> ownPhase(source)
                                        .filter(p -> !Sending.isPastUnplug(p))
                                        .isEmpty()))
                .isPresent();
        if (released) {
            v.trail()
                    .poll(
                            policy.deadlines().copy(),
                            () -> Optional.of(true)
                                    .filter(yes -> ownPhase(source).isEmpty()));
        }
    }

    /** Of a sending end that switches by itself and is still at it. */
    private Optional<MigrationPhase> ownPhase(Host source) {
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
                .orElse(entry.stage() == Journal.Stage.STARTED ? MigrationStep.PREFLIGHT : MigrationStep.LEASE);
    }

    /** A host that is away for a moment is asked again. */
    private VmState awaitState(Voyage v, Host host) {
        return v.trail()
                .poll(around.tempo().absence(), () -> Optional.of(state(host)))
                .orElseThrow();
    }

    private VmState state(Host host) {
        return host.find(before.vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
    }

    private void goOn(Voyage v, VmState there, VmState here) {
        if (there != VmState.RUNNING) {
            acceptIfSafe(v, there, here);
        }
        v.resumed(around.time().instant());
        picture.done(lastStep());
        v.cargo(cargo(v.plan().destination()));
        v.plan()
                .source()
                .outgoing(before.vm())
                .ifPresent(o -> v.sending(new Sending(v.plan(), v.trail(), o, around.time())));
        finish(v, new ToPrimaryStep());
        if (v.sendingIfAny().isPresent()) {
            finish(v, new ReleaseStep());
        } else if (here == VmState.PAUSED) {
            throw unclear("The VM runs on the destination, and is PAUSED on the source.");
        } else {
            picture.skip(MigrationStep.RELEASE, "the source has no QEMU of this VM any more");
        }
        new Ending(v).arrived();
    }

    private void finish(Voyage v, Step step) {
        picture.begin(step.step());
        step.run(v);
        picture.done(step.step());
    }

    private void acceptIfSafe(Voyage v, VmState there, VmState here) {
        Optional<IncomingMigration> incoming = v.plan().destination().incoming(before.vm());
        boolean received = there == VmState.INCOMING
                && incoming.filter(i -> i.phase() == MigrationPhase.COMPLETED).isPresent();
        if (!received || !hasStoppedForGood(v.plan().source(), here)) {
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
    private void requireAReasonForAPause(Voyage v, VmState here) {
        boolean mayHaveBeenSent = entry.stage() == Journal.Stage.PREPARED || entry.stage() == Journal.Stage.GOING_BACK;
        if (here == VmState.PAUSED
                && mayHaveBeenSent
                && v.plan().source().outgoing(before.vm()).isEmpty()) {
            throw unclear("The VM is paused on the source, and its sending end cannot be reached.");
        }
    }

    private void goBack(Voyage v, VmState there, MigrationStep at) {
        if (there == VmState.PAUSED || there == VmState.UNKNOWN) {
            throw unclear("The destination holds the VM as " + there + ".");
        }
        WayBack back = new WayBack(v);
        v.cargo(cargo(v.plan().source()));
        v.leases()
                .forEach(lease -> v.undo().push(MigrationStep.LEASE, "undoLease-" + lease.primary(), () -> {
                    around.pools().orElseThrow().release(lease);
                    return lease.vf() + " given back";
                }));
        v.undo().push(MigrationStep.SWITCH, "undoGuest", back::restoreGuest);
        if (there == VmState.INCOMING) {
            v.incoming(v.plan()
                    .destination()
                    .incoming(before.vm())
                    .orElseThrow(() -> unclear("The receiving QEMU cannot be reached.")));
            v.undo().push(MigrationStep.LEASE, "undoIncoming", back::abortIncoming);
        } else {
            v.incomingIsGone();
        }
        v.plan().source().outgoing(before.vm()).ifPresent(o -> {
            v.sending(new Sending(v.plan(), v.trail(), o, around.time()));
            v.undo().push(MigrationStep.TO_STANDBY, "undoSending", back::cancelSending);
        });
        throw StepStopped.failed(
                FindingCode.MIGRATION_FAILED,
                "vm " + before.vm(),
                "This server stopped in step " + at.number() + "; the migration was taken back.",
                "Start the migration again.");
    }

    /** What each primary was before is not known any more; one that QEMU hides was hidden before. */
    private Cargo cargo(Host host) {
        if (host.find(before.vm()).isEmpty()) {
            return new Cargo("", "", List.of(), Map.of());
        }
        String configured = host.definition(before.vm());
        String live = host.liveDefinition(before.vm()).orElse(configured);
        List<PairView> pairs =
                around.definitions().view(live).pairsWith(around.definitions().view(configured));
        Map<Alias, PrimaryPresence> presence = new HashMap<>();
        for (PairView pair : pairs) {
            PrimaryPresence now = host.primaryPresence(before.vm(), pair.primary());
            presence.put(pair.primary(), now == PrimaryPresence.HIDDEN ? now : PrimaryPresence.UNKNOWN);
        }
        return new Cargo(live, configured, pairs, Map.copyOf(presence));
    }

    private StepStopped unclear(String message) {
        return StepStopped.unclear(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + before.vm(),
                message + " Nothing was touched.",
                "Find out on which host the VM is right, and remove the other."));
    }

    /** Ends the wait for a host; after that the direction is given by what the hosts say. */
    @Override
    public void cancel() {
        trail.cancel();
    }

    @Override
    public void abandon() {
        trail.abandon();
    }
}
