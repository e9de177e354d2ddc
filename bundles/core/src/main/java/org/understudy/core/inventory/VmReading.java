// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Optional;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.core.definition.DomainView;

/**
 * A VM as last read from its host.
 *
 * @param vm its state
 * @param configured the stored definition; empty if it could not be read
 * @param live the definition it runs with; empty if it is off or if that could not be read
 * @param mayHaveRequests whether the stored definition may have pair requests in its metadata
 */
public record VmReading(
        HostedVm vm, Optional<DomainView> configured, Optional<DomainView> live, boolean mayHaveRequests) {

    /** A VM whose definition is unknown. */
    static VmReading withoutDefinition(HostedVm vm) {
        return new VmReading(vm, Optional.empty(), Optional.empty(), true);
    }

    /** The same definitions in another state. */
    VmReading in(HostedVm now) {
        return new VmReading(now, configured, live, mayHaveRequests);
    }

    /** Whether the VM runs, also while it is paused or receives a migration. */
    boolean isOn() {
        return isOn(vm);
    }

    static boolean isOn(HostedVm vm) {
        return vm.state() != VmState.SHUTOFF;
    }

    /** Whether the VM is on in both readings or in none, and its stored definition is the same. */
    public boolean isDefinedAs(VmReading other) {
        return isOn() == other.isOn() && configured.equals(other.configured);
    }

    /** Whether the VM has a pair, as far as its definitions are known. */
    public boolean hasPairs() {
        return configured.filter(view -> !view.pairs().isEmpty()).isPresent()
                || live.filter(view -> !view.pairs().isEmpty()).isPresent();
    }
}
