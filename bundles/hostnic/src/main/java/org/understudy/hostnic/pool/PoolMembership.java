// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PoolShare;
import org.understudy.api.PoolView;
import org.understudy.api.PoolView.Stock;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VfSelector;
import org.understudy.api.VfState;
import org.understudy.api.VfView;

/**
 * Assigns the VFs of hosts to the configured pools.
 *
 * @param policies configured pools of every kind
 */
public record PoolMembership(List<PoolPolicy> policies) {

    /** True if a pool of VFs is configured. */
    public boolean hasVfPools() {
        return policies.stream().anyMatch(p -> p.kind() == PrimaryKind.VF);
    }

    /** True if the VF is in a pool whose VFs are leased, rather than provided by networks of the hosts. */
    public boolean leases(VfView vf) {
        return policies.stream()
                .anyMatch(p -> vf.pools().contains(p.name()) && !p.network().orElse(false));
    }

    /** Returns the VFs with the pools that each belongs to. */
    public List<VfView> assign(List<PfView> pfs, List<VfView> vfs) {
        Map<PciAddress, PfView> known = new HashMap<>();
        pfs.forEach(pf -> known.put(pf.address(), pf));
        return vfs.stream()
                .map(vf -> vf.in(poolsOf(vf, Optional.ofNullable(known.get(vf.pf())))))
                .toList();
    }

    /** A function of a crypto, storage or graphics device is in no pool. */
    private List<PoolName> poolsOf(VfView vf, Optional<PfView> pf) {
        return policies.stream()
                .filter(p -> vf.isNetwork() && p.selectors().stream().anyMatch(s -> selects(s, vf, pf)))
                .map(PoolPolicy::name)
                .toList();
    }

    private static boolean selects(VfSelector s, VfView vf, Optional<PfView> pf) {
        return s.pf().map(name -> vf.pfName().equals(name)
                                || pf.filter(p -> p.isNamed(name)).isPresent())
                        .orElse(true)
                && s.address()
                        .map(a -> a.equals(vf.address()) || a.equals(vf.pf()))
                        .orElse(true)
                && (s.indexes().isEmpty() || s.indexes().stream().anyMatch(r -> r.contains(vf.index())))
                && s.vendor().map(vf.vendor()::equals).orElse(true)
                && s.device().map(vf.device()::equals).orElse(true)
                && s.driver()
                        .map(driver -> pf.flatMap(PfView::driver)
                                .filter(driver::equals)
                                .isPresent())
                        .orElse(true)
                && (s.numaNode().isEmpty() || s.numaNode().equals(vf.numaNode()));
    }

    /** Every pool with its stock on each host and its findings. */
    public List<PoolView> views(Collection<NicInventory> hosts) {
        List<List<PoolShare>> shares = hosts.stream().map(this::shares).toList();
        List<PoolView> views = new ArrayList<>();
        for (int i = 0; i < policies.size(); i++) {
            int pool = i;
            views.add(PoolShare.total(
                    policies.get(pool), shares.stream().map(of -> of.get(pool)).toList()));
        }
        return views;
    }

    /** The share of every pool on a host, in the order of the pools. */
    public List<PoolShare> shares(NicInventory host) {
        Map<PoolName, List<Finding>> overlaps = host.available() ? overlaps(host) : Map.of();
        return policies.stream()
                .map(pool -> share(pool, host, overlaps.getOrDefault(pool.name(), List.of())))
                .toList();
    }

    private static PoolShare share(PoolPolicy pool, NicInventory host, List<Finding> overlaps) {
        if (pool.kind() != PrimaryKind.VF) {
            return new PoolShare(pool.name(), Optional.empty(), List.of());
        } else if (!host.available()) {
            return new PoolShare(pool.name(), Optional.empty(), unknown(pool.name(), host));
        }
        List<Finding> findings = new ArrayList<>(overlaps);
        if (!pool.adopt()) {
            reserved(pool.name(), host).ifPresent(findings::add);
        }
        bonded(pool.name(), host).ifPresent(findings::add);
        return new PoolShare(pool.name(), Optional.of(stock(pool, host)), List.copyOf(findings));
    }

    /** A host without access to its NICs has no finding, and no VF for a pool. */
    private static List<Finding> unknown(PoolName pool, NicInventory host) {
        return host.findings().stream()
                .limit(1)
                .map(why -> Finding.of(
                                FindingCode.HOST_UNAVAILABLE,
                                "pool " + pool + ", host " + host.host(),
                                "Pool " + pool + ": its VFs on host " + host.host() + " are unknown: " + why.message(),
                                why.remedy())
                        .as(why.severity()))
                .toList();
    }

    /** The usual preparation of a host for VMs: its VFs are bound to vfio-pci at boot. */
    private static Optional<Finding> reserved(PoolName pool, NicInventory host) {
        List<VfView> vfs = host.vfs().stream()
                .filter(vf -> vf.pools().contains(pool) && vf.isReserved())
                .toList();
        return vfs.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.of(
                        FindingCode.POOL_VFS_RESERVED,
                        "pool " + pool + ", host " + host.host(),
                        "Pool " + pool + ": " + vfs.size() + " VFs are bound to vfio-pci without a lease, such as "
                                + vfs.get(0).address(),
                        "If no other program uses them, set adopt: true for the pool in etc/understudy.yaml."));
    }

    /** A switch sends a frame to one port of a bond only, and only the PF of that port passes it to its VFs. */
    private static Optional<Finding> bonded(PoolName pool, NicInventory host) {
        Set<PciAddress> used = host.vfs().stream()
                .filter(vf -> vf.pools().contains(pool))
                .map(VfView::pf)
                .collect(Collectors.toSet());
        List<String> bonded = host.pfs().stream()
                .filter(pf -> pf.isBonded() && used.contains(pf.address()))
                .map(pf -> pf.netdev().orElse(pf.address().toString()) + " of "
                        + pf.master().orElse(""))
                .toList();
        return bonded.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.of(
                        FindingCode.PF_IN_BOND,
                        "pool " + pool + ", host " + host.host(),
                        "Pool " + pool + ": PFs are ports of a bond: " + String.join(", ", bonded)
                                + "; frames that arrive at another port of the bond never reach their VFs",
                        "Remove these PFs from the bond, or select VFs of PFs that are in no bond."));
    }

    private static Stock stock(PoolPolicy pool, NicInventory host) {
        int free = 0;
        int leased = 0;
        int other = 0;
        for (VfView vf : host.vfs()) {
            if (!vf.pools().contains(pool.name())) {
                continue;
            } else if (vf.state() == VfState.FREE || pool.adopt() && vf.isReserved()) {
                free++;
            } else if (vf.state() == VfState.LEASED) {
                leased++;
            } else {
                other++;
            }
        }
        return new Stock(host.host(), free, leased, other);
    }

    private static Map<PoolName, List<Finding>> overlaps(NicInventory host) {
        Map<PoolName, List<Finding>> found = new TreeMap<>();
        Map<List<PoolName>, List<VfView>> shared = host.vfs().stream()
                .filter(vf -> vf.pools().size() > 1)
                .collect(Collectors.groupingBy(VfView::pools, LinkedHashMap::new, Collectors.toList()));
        shared.forEach((pools, vfs) -> pools.forEach(
                pool -> found.computeIfAbsent(pool, p -> new ArrayList<>()).add(overlap(host, pool, pools, vfs))));
        return found;
    }

    private static Finding overlap(NicInventory host, PoolName pool, List<PoolName> pools, List<VfView> vfs) {
        String others =
                pools.stream().filter(p -> !p.equals(pool)).map(PoolName::value).collect(Collectors.joining(", "));
        return Finding.of(
                FindingCode.POOLS_OVERLAP,
                "pool " + pool + ", host " + host.host(),
                "Pool " + pool + " shares " + vfs.size() + " VFs with " + others + ", such as "
                        + vfs.get(0).address(),
                "Change the selectors so that each VF is in one pool.");
    }
}
