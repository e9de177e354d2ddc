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
 * Facts from outside the document. An empty value is unknown, and no rule derives anything from it.
 *
 * @param policy pools and networks of the configuration and of the host
 * @param host facts of the host of the VM, or of the destination of its migration
 * @param source facts of the source of a migration
 * @param vfs facts of VFs, by PCI address
 * @param macUsers users of MAC addresses on the host, as VM name or in words; may include the VM itself
 */
public record LintContext(
        Optional<Policy> policy,
        Optional<HostFacts> host,
        Optional<HostFacts> source,
        Map<PciAddress, VfFacts> vfs,
        Map<MacAddress, Set<String>> macUsers) {

    /** No facts. */
    public static LintContext none() {
        return new LintContext(Optional.empty(), Optional.empty(), Optional.empty(), Map.of(), Map.of());
    }

    /** The configuration and the facts of a host. */
    public static LintContext of(Policy policy, Optional<HostFacts> host) {
        Policy effective =
                host.map(facts -> HostNetworks.asPools(policy, facts)).orElse(policy);
        return new LintContext(Optional.of(effective), host, Optional.empty(), Map.of(), Map.of());
    }

    /** This context with facts of VFs. */
    public LintContext withVfs(Map<PciAddress, VfFacts> facts) {
        return new LintContext(policy, host, source, Map.copyOf(facts), macUsers);
    }

    /** This context with additional users of MAC addresses. */
    public LintContext withMacUsers(Map<MacAddress, Set<String>> users) {
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
     * Facts of a VF, as its host reports them.
     *
     * @param holder its user, as VM name or in words; an empty text if it is free
     * @param iommuGroupShared whether other devices are in its IOMMU group
     * @param vlan 0 for none
     * @param trusted whether the guest may change its MAC and use promiscuous mode
     * @param spoofCheck whether frames with another source MAC are dropped
     * @param parent network device of its PF
     * @param nativeMigration whether its VFIO driver supports migration without failover
     */
    public record VfFacts(
            Optional<String> holder,
            Optional<Boolean> iommuGroupShared,
            Optional<Integer> vlan,
            Optional<Boolean> trusted,
            Optional<Boolean> spoofCheck,
            Optional<String> parent,
            Optional<Boolean> nativeMigration) {}
}
