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

/** In which order the VFs of a host are tried for a lease. */
public final class VfSelection {
    private VfSelection() {}

    /**
     * The free VFs of a pool: those that can work first, then those at the VM's NUMA node, then those whose PF carries the
     * fewest leases, so that the load of many VMs spreads over PFs.
     *
     * @param node where the VM's memory is, if that is known
     */
    public static List<PciAddress> order(NicInventory host, PoolName pool, OptionalInt node) {
        List<VfView> vfs = host.vfs();
        Map<PciAddress, Long> load = vfs.stream()
                .filter(vf -> vf.state() == VfState.LEASED)
                .collect(Collectors.groupingBy(VfView::pf, Collectors.counting()));
        Comparator<VfView> near = Comparator.comparing(vf -> node.isPresent() && !node.equals(vf.numaNode()));
        Comparator<VfView> hindered =
                Comparator.comparing(vf -> obstacle(host, vf).isPresent());
        return free(host, pool)
                .sorted(hindered.thenComparing(near)
                        .thenComparing(vf -> load.getOrDefault(vf.pf(), 0L))
                        .thenComparing(VfView::pf)
                        .thenComparing(VfView::index))
                .map(VfView::address)
                .toList();
    }

    /** What keeps every free VF of a pool from working, as the first of them has it; empty if one of them can work. */
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
            return Optional.of("vfio-pci cannot take " + vf.address() + ": "
                    + vf.vfio().words() + vf.vfioBlocker().map(b -> ", " + b).orElse(""));
        }
        boolean dark = host.pfs().stream()
                .anyMatch(pf -> pf.address().equals(vf.pf()) && pf.link().equals(Optional.of(false)));
        return dark ? Optional.of("PF " + vf.pfName() + " has no link") : Optional.empty();
    }
}
