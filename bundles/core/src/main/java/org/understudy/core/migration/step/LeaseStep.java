// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.Definitions;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmSnapshot;

/** Step 2: leases a VF for each primary on the destination and prepares the destination QEMU. */
public final class LeaseStep {
    private final MigrationContext context;
    private final VmSnapshot snapshot;
    private final RequiredLeases required;
    private final Rollback rollback;

    public LeaseStep(MigrationContext context, VmSnapshot snapshot) {
        this.context = context;
        this.snapshot = snapshot;
        this.required = new RequiredLeases(context.request());
        this.rollback = new Rollback(context, snapshot);
    }

    /** Blocks. */
    public Prepared run() {
        List<PairView> vfs = snapshot.pairs().stream()
                .filter(p -> p.kind() == PrimaryKind.VF)
                .toList();
        vfs.stream().filter(this::isLeasedHere).forEach(this::lease);
        if (vfs.isEmpty()) {
            context.status().fact(MigrationStep.LEASE, "lease", "not needed: the VM has no primary that is a VF");
        }
        context.journal(MigrationJournal.Stage.LEASED);
        Set<Alias> withoutVf = required.missing(snapshot.pairs(), context.leases());
        StrategySelection choice = StrategySelection.of(
                context.request(),
                snapshot,
                withoutVf,
                context.services().journal().measured());
        context.status().fact(MigrationStep.LEASE, "strategy", choice);
        return prepare(choice.strategy(), withoutVf);
    }

    /** The preflight accepts a pool that is not configured only if the destination itself assigns its VFs. */
    private boolean isLeasedHere(PairView pair) {
        boolean leased = required.include(pair);
        if (!leased) {
            context.status().fact(MigrationStep.LEASE, pair.primary().value(), "chosen by the host");
        }
        return leased;
    }

    private void lease(PairView pair) {
        VfPools pools = context.services().pools().orElseThrow();
        PoolName pool = pair.pool().orElseThrow();
        LeaseUse use = new LeaseUse(context.services().definitions());
        Optional<Lease> found = DeadlineCall.call(
                context.events(),
                MigrationStep.LEASE,
                "a VF of pool " + pool,
                context.request().deadlines().prepare(),
                () -> pools.lease(
                        context.request().destination().name(),
                        pool,
                        context.request().vm(),
                        pair.primary(),
                        pair.settings()),
                late -> late.filter(lease -> !use.isUsed(context.request().destination(), lease))
                        .ifPresent(pools::release));
        found.ifPresentOrElse(lease -> addLease(pools, lease), () -> acceptStandby(pool, pair));
    }

    private void addLease(VfPools pools, Lease lease) {
        context.leases().add(lease);
        rollback.addLease(lease, () -> pools);
        context.status().fact(MigrationStep.LEASE, lease.primary().value(), lease.vf());
    }

    private void acceptStandby(PoolName pool, PairView pair) {
        if (!context.request().acceptsStandby() || !snapshot.canBeUnplugged()) {
            throw StepAbortedException.failed(
                    FindingCode.POOL_EXHAUSTED,
                    "host " + context.request().destination().name() + ", pool " + pool,
                    "Pool " + pool + " has no free VF for " + pair.primary(),
                    "Free a VF of the pool, choose another host, or accept that the VM arrives on its standby NIC.");
        }
        context.status()
                .fact(MigrationStep.LEASE, pair.primary().value(), "no free VF; the VM arrives on its standby NIC");
    }

    private Prepared prepare(MigrationStrategy strategy, Set<Alias> withoutVf) {
        IncomingRequest request = incomingRequest(strategy);
        rollback.addGuest();
        IncomingMigration incoming = DeadlineCall.call(
                context.events(),
                MigrationStep.LEASE,
                "the destination QEMU",
                snapshot.deadlines(context.request()).prepare(),
                () -> context.request().destination().prepareIncoming(request),
                IncomingMigration::abort);
        rollback.addIncoming(incoming);
        context.status().fact(MigrationStep.LEASE, "uri", incoming.uri());
        context.journal(MigrationJournal.Stage.PREPARED);
        return new Prepared(snapshot, strategy, withoutVf, request, incoming, rollback);
    }

    /** Both definitions, adjusted to the destination; live without the primaries that are unplugged before. */
    private IncomingRequest incomingRequest(MigrationStrategy strategy) {
        Definitions definitions = context.services().definitions();
        String live =
                definitions.marked(adjust(snapshot.live()), context.request().id());
        return new IncomingRequest(
                context.request().id(),
                context.request().vm(),
                strategy == MigrationStrategy.EXPLICIT
                        ? definitions.without(live, snapshot.presence().keySet())
                        : live,
                definitions.unmarked(adjust(snapshot.configured())),
                context.request().options(),
                context.assignedVfs());
    }

    private String adjust(String definition) {
        return context.services()
                .definitions()
                .adjust(definition, context.assignedVfs(), context.request().networksOnDestination());
    }
}
