// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.VfState;
import org.understudy.api.VfView;

/** Orders the VFs of a host for a lease. */
public final class VfSelection {
    private VfSelection() {}

    /**
     * Returns the free VFs of a pool: usable ones first, then those on the VM's NUMA node, then those whose PF has the fewest
     * leases, so that many VMs spread over the PFs.
     *
     * @param node NUMA node of the VM's memory; empty if unknown
     */
    public static List<PciAddress> order(NicInventory host, PoolName pool, OptionalInt node) {
        List<VfView> vfs = host.vfs();
        Map<PciAddress, Long> load = vfs.stream()
                .filter(vf -> vf.state() == VfState.LEASED)
                .collect(Collectors.groupingBy(VfView::pf, Collectors.counting()));
        Comparator<VfView> remoteNode = Comparator.comparing(vf -> node.isPresent() && !node.equals(vf.numaNode()));
        Comparator<VfView> withObstacle =
                Comparator.comparing(vf -> obstacle(host, vf).isPresent());
        return free(host, pool)
                .sorted(withObstacle
                        .thenComparing(remoteNode)
                        .thenComparing(vf -> load.getOrDefault(vf.pf(), 0L))
                        .thenComparing(VfView::pf)
                        .thenComparing(VfView::index))
                .map(VfView::address)
                .toList();
    }

    /** Obstacle of the first free VF of a pool if no free VF is usable; empty if one is. */
    public static Optional<String> obstacle(NicInventory host, PoolName pool) {
        return free(host, pool).allMatch(vf -> obstacle(host, vf).isPresent())
                ? free(host, pool).findFirst().flatMap(vf -> obstacle(host, vf))
                : Optional.empty();
    }

    private static Stream<VfView> free(NicInventory host, PoolName pool) {
        return host.vfs().stream()
                .filter(vf -> vf.state() == VfState.FREE && vf.pools().contains(pool));
    }

    private static Optional<String> obstacle(NicInventory host, VfView vf) {
        if (vf.vfio().isObstacle()) {
            return Optional.of("VF " + vf.address() + " cannot be bound to vfio-pci: "
                    + vf.vfio().words() + vf.vfioBlocker().map(b -> ", " + b).orElse(""));
        }
        boolean linkDown = host.pfs().stream()
                .anyMatch(pf -> pf.address().equals(vf.pf()) && pf.link().equals(Optional.of(false)));
        return linkDown ? Optional.of("PF " + vf.pfName() + " has no link") : Optional.empty();
    }
}
