// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;

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
            if (v.cargo().pairs().stream().anyMatch(p -> p.kind() == PrimaryKind.VF)) {
                releaseVfs(v);
            }
        } catch (UnderstudyException e) {
            throw StepStopped.unclear(leftOver(v, e.getMessage()));
        } catch (StepStopped e) {
            throw e.reason() == StepStopped.Reason.FAILED ? StepStopped.unclear(leftOver(v, e.getMessage())) : e;
        }
    }

    /** What the source's VFs were leased for is over, also where the definition leaves their choice to a pool. */
    private void releaseVfs(Voyage v) {
        v.around()
                .pools()
                .ifPresent(pools -> pools.leases(v.plan().source().name()).stream()
                        .filter(lease -> lease.vm().equals(v.plan().vm()))
                        .forEach(lease -> {
                            pools.release(lease);
                            v.picture().fact(step(), lease.primary().value(), lease.vf() + " given back");
                        }));
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
