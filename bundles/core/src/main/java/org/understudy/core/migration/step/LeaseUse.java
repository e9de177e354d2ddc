// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.Optional;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.migration.context.Definitions;

/**
 * Whether a VM uses a leased VF. A lease is of the VM, not of one migration: another migration, or a hook, may have got the
 * same VF for the same VM since. {@link org.understudy.core.vf.VfLeaseController} releases it when the VM is off.
 */
record LeaseUse(Definitions definitions) {
    /** Blocks for the host of the VF. */
    boolean isUsed(Host host, Lease lease) {
        return host.find(lease.vm()).filter(vm -> vm.state() != VmState.SHUTOFF).isPresent()
                && host.liveDefinition(lease.vm())
                        .filter(live -> definitions.view(live).pairs().stream()
                                .anyMatch(pair -> pair.vf().equals(Optional.of(lease.vf()))))
                        .isPresent();
    }
}
