// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.List;
import java.util.Optional;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.StepAbortedException;

/** Step 2: leases a VF for each primary on the destination and prepares the destination QEMU. */
public final class LeaseStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.LEASE;
    }

    @Override
    public void run(MigrationContext context) {
        List<PairView> vfs = context.snapshot().pairs().stream()
                .filter(p -> p.kind() == PrimaryKind.VF)
                .toList();
        vfs.stream().filter(p -> isLeasedHere(context, p)).forEach(p -> lease(context, p));
        if (vfs.isEmpty()) {
            context.status().fact(step(), "lease", "not needed: the VM has no primary that is a VF");
        }
        context.journal(MigrationJournal.Stage.LEASED);
        StrategySelection choice = StrategySelection.of(context);
        context.strategy(choice.strategy());
        context.status().fact(step(), "strategy", choice);
        prepare(context);
    }

    /** The preflight accepts a pool that is not configured only if the destination itself assigns its VFs. */
    private static boolean isLeasedHere(MigrationContext context, PairView pair) {
        boolean leased = context.needsLease(pair);
        if (!leased) {
            context.status().fact(MigrationStep.LEASE, pair.primary().value(), "chosen by the host");
        }
        return leased;
    }

    private void lease(MigrationContext context, PairView pair) {
        VfPools pools = context.services().pools().orElseThrow();
        PoolName pool = pair.pool().orElseThrow();
        Optional<Lease> found = DeadlineCall.call(
                context.events(),
                step(),
                "a VF of pool " + pool,
                context.request().deadlines().prepare(),
                () -> pools.lease(
                        context.request().destination().name(),
                        pool,
                        context.request().vm(),
                        pair.primary(),
                        pair.settings()),
                late -> late.ifPresent(pools::release));
        found.ifPresentOrElse(lease -> addLease(context, pools, pair, lease), () -> acceptStandby(context, pool, pair));
    }

    private void addLease(MigrationContext context, VfPools pools, PairView pair, Lease lease) {
        context.leases().add(lease);
        context.rollbacks()
                .push(
                        step(),
                        "undoLease-" + pair.primary(),
                        () -> {
                            pools.release(lease);
                            return lease.vf() + " released";
                        },
                        () -> RollbackFindings.releaseRemedy(lease));
        context.status().fact(step(), pair.primary().value(), lease.vf());
    }

    private void acceptStandby(MigrationContext context, PoolName pool, PairView pair) {
        if (!context.request().acceptsStandby() || !context.snapshot().canBeUnplugged()) {
            throw StepAbortedException.failed(
                    FindingCode.POOL_EXHAUSTED,
                    "host " + context.request().destination().name() + ", pool " + pool,
                    "Pool " + pool + " has no free VF for " + pair.primary(),
                    "Free a VF of the pool, choose another host, or accept that the VM arrives on its standby NIC.");
        }
        context.status().fact(step(), pair.primary().value(), "no free VF; the VM arrives on its standby NIC");
    }

    private void prepare(MigrationContext context) {
        IncomingRequest request = new IncomingRequest(
                context.request().id(),
                context.request().vm(),
                context.liveOnDestination(),
                context.configuredOnDestination(),
                context.request().options(),
                context.assignedVfs());
        Rollback rollback = new Rollback(context);
        RollbackFindings remedies = new RollbackFindings(context);
        context.rollbacks().push(MigrationStep.SWITCH, "undoGuest", rollback::restoreGuest, remedies::guestRemedy);
        context.incoming(DeadlineCall.call(
                context.events(),
                step(),
                "the destination QEMU",
                context.request().deadlines().prepare(),
                () -> context.request().destination().prepareIncoming(request),
                IncomingMigration::abort));
        context.rollbacks().push(step(), "undoIncoming", rollback::abortIncoming, remedies::incomingRemedy);
        context.status().fact(step(), "uri", context.incoming().uri());
        context.journal(MigrationJournal.Stage.PREPARED);
    }
}
