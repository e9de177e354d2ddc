// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.VfView;
import org.understudy.core.definition.lint.LintContext.VfFacts;

/** Provides facts of the VFs of a host to the rules. An OSGi service of this bundle; safe for use from any thread. */
@Component(service = NicFacts.class)
public final class NicFacts {
    private final AtomicReference<Optional<HostNics>> nics = new AtomicReference<>(Optional.empty());

    @Activate
    public NicFacts() {}

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics service) {
        nics.set(Optional.of(service));
    }

    void unsetNics(HostNics service) {
        nics.updateAndGet(now -> now.filter(n -> n != service));
    }

    /** Facts of the VFs of a host by PCI address; empty if none are known. */
    public Map<PciAddress, VfFacts> of(HostName host) {
        Map<PciAddress, VfFacts> facts = new HashMap<>();
        vfs(host).forEach(vf -> facts.put(vf.address(), of(vf)));
        return facts;
    }

    /** The known users of the MAC addresses of VFs. */
    public Map<MacAddress, Set<String>> macUsers(HostName host) {
        return vfs(host)
                .filter(vf -> vf.mac().isPresent())
                .filter(vf -> holder(vf).filter(who -> !who.isEmpty()).isPresent())
                .collect(Collectors.groupingBy(
                        vf -> vf.mac().orElseThrow(),
                        Collectors.mapping(vf -> holder(vf).orElseThrow(), Collectors.toSet())));
    }

    private Stream<VfView> vfs(HostName host) {
        return nics.get().stream()
                .flatMap(known -> known.inventories().stream())
                .filter(inventory -> inventory.host().equals(host))
                .flatMap(inventory -> inventory.vfs().stream());
    }

    private static VfFacts of(VfView vf) {
        return new VfFacts(
                holder(vf),
                vf.iommuShared(),
                boxed(vf.vlan()),
                vf.trust(),
                vf.spoofCheck(),
                Optional.of(vf.pfName()),
                vf.driver().map(NicFacts::supportsMigration));
    }

    /** The drivers of VFIO for one kind of device, such as mlx5_vfio_pci; vfio-pci itself supports no migration. */
    private static boolean supportsMigration(String driver) {
        return driver.endsWith("_vfio_pci") || driver.endsWith("-vfio-pci");
    }

    /** The user of a VF that another program bound to VFIO is unknown: it may be this VM. */
    private static Optional<String> holder(VfView vf) {
        return switch (vf.state()) {
            case FREE -> Optional.of("");
            case LEASED -> vf.holder().map(h -> h.vm().isEmpty() ? h.owner() : h.vm());
            case IN_USE -> vf.netdev().map(netdev -> "the host, as " + netdev);
            case FOREIGN, FAULT, UNUSABLE -> Optional.empty();
        };
    }

    private static Optional<Integer> boxed(OptionalInt number) {
        return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
    }
}
