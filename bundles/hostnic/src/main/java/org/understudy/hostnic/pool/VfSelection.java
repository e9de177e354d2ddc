// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.PoolName;
import org.understudy.api.VfState;
import org.understudy.api.VfView;

/** Orders the VFs of a host for a lease. */
public final class VfSelection {
    private static final Comparator<Candidate> ORDER = Comparator.comparing(Candidate::unusable)
            .thenComparing(Candidate::remoteNode)
            .thenComparingLong(Candidate::load)
            .thenComparing(candidate -> candidate.vf().pf())
            .thenComparingInt(candidate -> candidate.vf().index());

    /** @param load number of leased VFs of its PF */
    private record Candidate(VfView vf, boolean unusable, boolean remoteNode, long load) {}

    private VfSelection() {}

    /**
     * Returns the free VFs of a pool: usable ones first, then those on the VM's NUMA node, then those whose PF has the fewest
     * leases, so that many VMs spread over the PFs.
     *
     * @param node NUMA node of the VM's memory; empty if unknown
     */
    public static List<PciAddress> order(NicInventory host, PoolName pool, OptionalInt node) {
        Map<PciAddress, Long> load = host.vfs().stream()
                .filter(vf -> vf.state() == VfState.LEASED)
                .collect(Collectors.groupingBy(VfView::pf, Collectors.counting()));
        Set<PciAddress> down = withoutLink(host);
        return free(host, pool)
                .map(vf -> new Candidate(
                        vf,
                        !isUsable(vf, down),
                        node.isPresent() && !node.equals(vf.numaNode()),
                        load.getOrDefault(vf.pf(), 0L)))
                .sorted(ORDER)
                .map(candidate -> candidate.vf().address())
                .toList();
    }

    /** Obstacle of the first free VF of a pool if no free VF is usable; empty if one is. */
    public static Optional<String> obstacle(NicInventory host, PoolName pool) {
        Set<PciAddress> down = withoutLink(host);
        return free(host, pool).anyMatch(vf -> isUsable(vf, down))
                ? Optional.empty()
                : free(host, pool).findFirst().map(VfSelection::obstacle);
    }

    private static Stream<VfView> free(NicInventory host, PoolName pool) {
        return host.vfs().stream()
                .filter(vf -> vf.state() == VfState.FREE && vf.pools().contains(pool));
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
