// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.spi.HostFacts;
import org.understudy.core.definition.HostNetworks;

/**
 * What is known besides the document. Whatever is empty is not known, and no rule concludes anything from it.
 *
 * @param policy pools and networks of the configuration, and what the host itself has of them
 * @param host facts of the host the VM is on, or is to be moved to
 * @param source facts of the host the VM is to leave, if it is to be moved
 * @param vfs what is known of VFs, by address
 * @param macUsers who uses MAC addresses on the host, by VM's name or in words; the VM itself may be among them
 */
public record LintContext(
        Optional<Policy> policy,
        Optional<HostFacts> host,
        Optional<HostFacts> source,
        Map<PciAddress, VfFacts> vfs,
        Map<MacAddress, Set<String>> macUsers) {

    /** Nothing but the document. */
    public static LintContext none() {
        return new LintContext(Optional.empty(), Optional.empty(), Optional.empty(), Map.of(), Map.of());
    }

    /** The configuration and a host's facts. */
    public static LintContext of(Policy policy, Optional<HostFacts> host) {
        Policy known = host.map(facts -> HostNetworks.asPools(policy, facts)).orElse(policy);
        return new LintContext(Optional.of(known), host, Optional.empty(), Map.of(), Map.of());
    }

    /** The same, knowing these VFs. */
    public LintContext knowing(Map<PciAddress, VfFacts> known) {
        return new LintContext(policy, host, source, Map.copyOf(known), macUsers);
    }

    /** The same, knowing these users of MAC addresses as well. */
    public LintContext besides(Map<MacAddress, Set<String>> users) {
        Map<MacAddress, Set<String>> all = new HashMap<>(macUsers);
        users.forEach((mac, names) -> all.merge(
                mac, names, (a, b) -> Stream.concat(a.stream(), b.stream()).collect(Collectors.toUnmodifiableSet())));
        return new LintContext(policy, host, source, vfs, Map.copyOf(all));
    }

    /** The configuration and the facts of both hosts of a migration. */
    public static LintContext ofMove(Policy policy, HostFacts source, HostFacts destination) {
        return new LintContext(
                Optional.of(HostNetworks.asPools(policy, destination)),
                Optional.of(destination),
                Optional.of(source),
                Map.of(),
                Map.of());
    }

    /**
     * A VF as its host knows it.
     *
     * @param holder who uses it: a VM's name or a driver; an empty text if it is free
     * @param iommuGroupShared whether other devices are in its IOMMU group
     * @param vlan its VLAN, 0 for none
     * @param mtu in bytes
     * @param trusted whether the guest may change its MAC and go promiscuous
     * @param spoofCheck whether foreign source MACs are dropped
     * @param parent name of its PF's network device
     * @param nativeMigration whether its VFIO driver could migrate it without failover
     */
    public record VfFacts(
            Optional<String> holder,
            Optional<Boolean> iommuGroupShared,
            Optional<Integer> vlan,
            Optional<Integer> mtu,
            Optional<Boolean> trusted,
            Optional<Boolean> spoofCheck,
            Optional<String> parent,
            Optional<Boolean> nativeMigration) {}
}
