// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

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
import org.understudy.core.domain.DomainView.PairView;

/** Step 2: reserves a VF for each primary on the destination and has the receiving QEMU prepared. */
final class LeaseStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.LEASE;
    }

    @Override
    public void run(Voyage v) {
        List<PairView> vfs = v.cargo().pairs().stream()
                .filter(p -> p.kind() == PrimaryKind.VF)
                .toList();
        vfs.stream().filter(p -> isOurs(v, p)).forEach(p -> lease(v, p));
        if (vfs.isEmpty()) {
            v.picture().fact(step(), "lease", "none needed: the VM has no primary that is a VF");
        }
        v.journal(Journal.Stage.LEASED);
        StrategyChoice choice = StrategyChoice.of(v);
        v.strategy(choice.strategy());
        v.picture().fact(step(), "strategy", choice);
        prepare(v);
    }

    /** The preflight lets a pool that is not configured pass only where the destination itself hands out its VFs. */
    private static boolean isOurs(Voyage v, PairView pair) {
        boolean ours = v.leases(pair);
        if (!ours) {
            v.picture().fact(MigrationStep.LEASE, pair.primary().value(), "chosen by the host");
        }
        return ours;
    }

    private void lease(Voyage v, PairView pair) {
        VfPools pools = v.around().pools().orElseThrow();
        PoolName pool = pair.pool().orElseThrow();
        Optional<Lease> found = Call.within(
                v.trail(),
                step(),
                "a VF of pool " + pool,
                v.plan().deadlines().prepare(),
                () -> pools.lease(v.plan().destination().name(), pool, v.plan().vm(), pair.primary(), pair.settings()),
                late -> late.ifPresent(pools::release));
        found.ifPresentOrElse(lease -> keep(v, pools, pair, lease), () -> acceptStandby(v, pool, pair));
    }

    private void keep(Voyage v, VfPools pools, PairView pair, Lease lease) {
        v.leases().add(lease);
        v.undo().push(step(), "undoLease-" + pair.primary(), () -> {
            pools.release(lease);
            return lease.vf() + " given back";
        });
        v.picture().fact(step(), pair.primary().value(), lease.vf());
    }

    private void acceptStandby(Voyage v, PoolName pool, PairView pair) {
        if (!v.plan().acceptsStandby() || !v.cargo().canBeUnplugged()) {
            throw StepStopped.failed(
                    FindingCode.POOL_EXHAUSTED,
                    "host " + v.plan().destination().name() + ", pool " + pool,
                    "The pool has no free VF for " + pair.primary() + ".",
                    "Free a VF there, choose another host, or accept that the VM arrives on its standby NIC.");
        }
        v.picture().fact(step(), pair.primary().value(), "none is free; the VM arrives on its standby NIC");
    }

    private void prepare(Voyage v) {
        IncomingRequest request = new IncomingRequest(
                v.plan().id(),
                v.plan().vm(),
                v.liveThere(),
                v.configuredThere(),
                v.plan().options(),
                v.assignedVfs());
        WayBack back = new WayBack(v);
        v.undo().push(MigrationStep.SWITCH, "undoGuest", back::restoreGuest);
        v.incoming(Call.within(
                v.trail(),
                step(),
                "the receiving QEMU",
                v.plan().deadlines().prepare(),
                () -> v.plan().destination().prepareIncoming(request),
                IncomingMigration::abort));
        v.undo().push(step(), "undoIncoming", back::abortIncoming);
        v.picture().fact(step(), "uri", v.incoming().uri());
        v.journal(Journal.Stage.PREPARED);
    }
}
