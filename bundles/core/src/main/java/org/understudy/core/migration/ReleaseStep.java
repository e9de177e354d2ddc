// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.domain.DomainView.PairView;

/** Step 7: ends the source's QEMU, which nobody needs any more, and gives back the VFs there. */
final class ReleaseStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.RELEASE;
    }

    @Override
    public void run(Voyage v) {
        try {
            Call.within(
                    v.trail(),
                    step(),
                    "the source to forget the VM",
                    v.plan().deadlines().release(),
                    v.sending().outgoing()::finish);
            v.cargo().pairs().forEach(p -> release(v, p));
        } catch (UnderstudyException e) {
            throw StepStopped.unclear(leftOver(v, e.getMessage()));
        } catch (StepStopped e) {
            throw e.reason() == StepStopped.Reason.FAILED ? StepStopped.unclear(leftOver(v, e.getMessage())) : e;
        }
    }

    private void release(Voyage v, PairView pair) {
        if (v.around().pools().isPresent()
                && pair.pool().isPresent()
                && pair.vf().isPresent()) {
            Lease lease = new Lease(
                    v.plan().source().name(),
                    pair.pool().get(),
                    v.plan().vm(),
                    pair.primary(),
                    pair.vf().get());
            v.around().pools().get().release(lease);
            v.picture().fact(step(), pair.primary().value(), lease.vf() + " given back");
        }
    }

    private static Finding leftOver(Voyage v, String why) {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                v.plan().on(v.plan().source().name()),
                "The VM runs on the destination, but the source could not be cleaned up: " + why,
                "Destroy and undefine what is left of the VM on host "
                        + v.plan().source().name() + "; never resume it there.");
    }
}
