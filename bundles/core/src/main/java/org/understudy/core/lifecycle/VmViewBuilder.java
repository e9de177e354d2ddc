// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lifecycle;

import java.util.Optional;
import org.understudy.api.Vm;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.core.definition.DomainView;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.VmLocation;

/** Builds the API view of a VM. */
record VmViewBuilder(PairHealthTracker health) {
    Vm of(VmLocation here) {
        HostedVm vm = here.vm();
        DomainView configured = DomainView.of(here.host().definition(vm.name()));
        Optional<DomainView> live = vm.state() == VmState.SHUTOFF
                ? Optional.empty()
                : here.host().liveDefinition(vm.name()).map(DomainView::of);
        return new Vm(
                vm.name(),
                vm.uuid(),
                here.host().name(),
                vm.state(),
                configured.nics(),
                health.pairsOf(vm.name(), here.host().name(), configured, live, vm.state()));
    }

    /** The view with the observed state of the guest, if the VM is running. */
    Vm withGuest(VmLocation here) {
        Vm vm = of(here);
        return vm.state() == VmState.RUNNING
                ? new Vm(
                        vm.name(),
                        vm.uuid(),
                        vm.host(),
                        vm.state(),
                        vm.nics(),
                        vm.pairs().stream()
                                .map(pair -> health.withGuest(here.host(), vm.name(), pair))
                                .toList())
                : vm;
    }
}
