// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.VfState;
import org.understudy.api.VfView;

/** Orders the VFs of a host for a lease. */
public final class VfSelection {
    private static final Comparator<Candidate> ORDER = Comparator.comparing(Candidate::otherMac)
            .thenComparing(Candidate::unusable)
            .thenComparing(Candidate::remoteNode)
            .thenComparingLong(Candidate::load)
            .thenComparing(candidate -> candidate.vf().pf())
            .thenComparingInt(candidate -> candidate.vf().index());

    /** @param load number of leased VFs of its PF */
    private record Candidate(VfView vf, boolean otherMac, boolean unusable, boolean remoteNode, long load) {}

    private VfSelection() {}

    /**
     * Returns the VFs of a pool that can be leased: those that still have the MAC of the pair, since a PF must not have
     * it twice, then usable ones, then those on the VM's NUMA node, then those whose PF has the fewest leases, so that many
     * VMs spread over the PFs.
     *
     * @param node NUMA node of the VM's memory; empty if unknown
     * @param mac the MAC of the pair; empty if unknown
     */
    public static List<VfView> order(NicInventory host, PoolPolicy pool, OptionalInt node, Optional<MacAddress> mac) {
        Map<PciAddress, Long> load = host.vfs().stream()
                .filter(vf -> vf.state() == VfState.LEASED)
                .collect(Collectors.groupingBy(VfView::pf, Collectors.counting()));
        Set<PciAddress> down = withoutLink(host);
        return free(host, pool)
                .map(vf -> new Candidate(
                        vf,
                        mac.isEmpty() || !vf.mac().equals(mac),
                        !isUsable(vf, down),
                        node.isPresent() && !node.equals(vf.numaNode()),
                        load.getOrDefault(vf.pf(), 0L)))
                .sorted(ORDER)
                .map(Candidate::vf)
                .toList();
    }

    /** Why each VF of a pool cannot be leased, equal reasons together. */
    public static String reasons(NicInventory host, PoolName pool) {
        Map<String, List<String>> vfs = new LinkedHashMap<>();
        host.vfs().stream()
                .filter(vf -> vf.pools().contains(pool))
                .forEach(vf -> vfs.computeIfAbsent(reason(vf), r -> new ArrayList<>())
                        .add(vf.address().toString()));
        return vfs.isEmpty()
                ? "no VF matches its selectors"
                : vfs.entrySet().stream()
                        .map(e -> String.join(", ", e.getValue()) + " " + e.getKey())
                        .collect(Collectors.joining("; "));
    }

    /** Why a VF cannot be leased, such as "in use: its netdev eno1v0 is up". */
    public static String reason(VfView vf) {
        String state = vf.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        String why = Stream.of(
                        vf.holder().map(h -> h.vmName().map(vm -> "VM " + vm).orElse(h.owner())),
                        Optional.of(vf.reason()))
                .flatMap(Optional::stream)
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("; "));
        return why.isEmpty() ? state : state + ": " + why;
    }

    /** Obstacle of the first free VF of a pool if no free VF is usable; empty if one is. */
    public static Optional<String> obstacle(NicInventory host, PoolPolicy pool) {
        Set<PciAddress> down = withoutLink(host);
        return free(host, pool).anyMatch(vf -> isUsable(vf, down))
                ? Optional.empty()
                : free(host, pool).findFirst().map(VfSelection::obstacle);
    }

    private static Stream<VfView> free(NicInventory host, PoolPolicy pool) {
        return host.vfs().stream()
                .filter(vf -> vf.state() == VfState.FREE || pool.adopt() && vf.isReserved())
                .filter(vf -> vf.pools().contains(pool.name()));
    }

    private static Set<PciAddress> withoutLink(NicInventory host) {
        return host.pfs().stream()
                .filter(pf -> pf.link().equals(Optional.of(false)))
                .map(PfView::address)
                .collect(Collectors.toSet());
    }

    private static boolean isUsable(VfView vf, Set<PciAddress> withoutLink) {
        return !vf.vfio().isObstacle() && !withoutLink.contains(vf.pf());
    }

    /** The obstacle of a VF that is not usable. */
    private static String obstacle(VfView vf) {
        return vf.vfio().isObstacle()
                ? "VF " + vf.address() + " cannot be bound to vfio-pci: "
                        + vf.vfio().words()
                        + vf.vfioBlocker().map(b -> ", " + b).orElse("")
                : "PF " + vf.pfName() + " has no link";
    }
}
