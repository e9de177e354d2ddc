// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.GuestChecks;
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNetwork;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.inventory.VmLocator;

/** Compares the network of a guest with the pairs of its VM. */
@Component
public final class GuestCheckService implements GuestChecks {
    private final VmLocator locator;

    @Activate
    public GuestCheckService(@Reference VmLocator locator) {
        this.locator = locator;
    }

    @Override
    public List<Finding> check(VmAddress address) {
        VmLocation here = locator.locate(address);
        VmName vm = here.vm().name();
        List<PairView> pairs = here.host()
                .liveDefinition(vm)
                .map(DomainView::of)
                .map(DomainView::pairs)
                .orElse(List.of());
        if (pairs.isEmpty()) {
            return List.of(Check.healthy("vm " + vm, "VM " + vm + " does not run with a failover pair"));
        }
        Optional<GuestNetwork> network = here.host().guestNetwork(vm);
        return network.map(known -> check(vm, pairs, known)).orElseGet(() -> List.of(absent(vm)));
    }

    static List<Finding> check(VmName vm, List<PairView> pairs, GuestNetwork network) {
        List<Finding> findings = new ArrayList<>();
        pairs.forEach(pair -> new GuestPairCheck(vm, pair, network).run(findings::add));
        network.driverless().forEach(device -> findings.add(withoutDriver(vm, device)));
        if (!network.examined()) {
            findings.add(Finding.of(
                    FindingCode.GUEST_NOT_EXAMINED,
                    "vm " + vm,
                    "Guest of VM " + vm
                            + ": the agent may not run programs (guest-exec), so drivers, MTUs and configuration files"
                            + " are unknown",
                    ""));
        }
        return findings.isEmpty()
                ? List.of(Check.healthy("vm " + vm, "Guest of VM " + vm + " uses each pair as one network device"))
                : List.copyOf(findings);
    }

    private static Finding absent(VmName vm) {
        return Finding.of(
                FindingCode.GUEST_AGENT_ABSENT,
                "vm " + vm,
                "Guest agent of VM " + vm + " does not answer",
                "Install and start qemu-guest-agent in the guest, and give the VM the channel org.qemu.guest_agent.0.");
    }

    private static Finding withoutDriver(VmName vm, String device) {
        return Finding.of(
                FindingCode.GUEST_DRIVER_MISSING,
                "vm " + vm,
                "PCI network device " + device + " in the guest of VM " + vm + " has no driver",
                "Install the driver of the VF in the guest, such as iavf, igbvf, ixgbevf or mlx5_core, and load it.");
    }
}
