// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.VfState;
import org.understudy.api.VfView;

/** In which order the VFs of a host are tried for a lease. */
public final class Choice {
    private Choice() {}

    /**
     * The free VFs of a pool: those at the VM's NUMA node first, then those whose PF carries the fewest leases, so that
     * the load of many VMs spreads over PFs.
     *
     * @param vfs every VF of the host
     * @param node where the VM's memory is, if that is known
     */
    public static List<PciAddress> order(List<VfView> vfs, PoolName pool, OptionalInt node) {
        Map<PciAddress, Long> load = vfs.stream()
                .filter(vf -> vf.state() == VfState.LEASED)
                .collect(Collectors.groupingBy(VfView::pf, Collectors.counting()));
        Comparator<VfView> near = Comparator.comparing(vf -> node.isPresent() && !node.equals(vf.numaNode()));
        return vfs.stream()
                .filter(vf -> vf.state() == VfState.FREE && vf.pools().contains(pool))
                .sorted(near.thenComparing(vf -> load.getOrDefault(vf.pf(), 0L))
                        .thenComparing(VfView::pf)
                        .thenComparing(VfView::index))
                .map(VfView::address)
                .toList();
    }
}
