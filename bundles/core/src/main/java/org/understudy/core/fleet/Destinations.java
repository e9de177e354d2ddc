// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Pair;
import org.understudy.api.Policy;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Vm;

/** The hosts that can take a VM, by what is known of them, those with the most free VFs first. Used by one thread. */
final class Destinations {
    /** A host of another server can be any connector there. */
    private static final String PEER = "peer";

    private final List<HostView> usable;
    private final Map<HostName, String> connectors;
    private final Set<PoolName> configured;
    private final Map<PoolName, Map<HostName, Integer>> free;
    private final Map<Needs, Ranking> rankings = new HashMap<>();

    /**
     * What a VM needs on its destination. VMs with the same needs share one ranking.
     *
     * @param connector that of its source
     * @param vfs number of VFs by pool
     */
    private record Needs(String connector, Map<PoolName, Long> vfs) {}

    /** Hosts that meet the needs, the best first; the same as a set, as a fleet has many VMs for each ranking. */
    private record Ranking(List<HostName> hosts, Set<HostName> all) {
        int without(HostName host) {
            return hosts.size() - (all.contains(host) ? 1 : 0);
        }
    }

    Destinations(List<HostView> hosts, List<PoolView> pools, Policy policy) {
        this.usable = hosts.stream().filter(Destinations::isUsable).toList();
        this.connectors = hosts.stream().collect(Collectors.toMap(HostView::name, HostView::connector, (a, b) -> a));
        this.configured = policy.pools().stream()
                .filter(pool -> pool.kind() == PrimaryKind.VF)
                .map(Policy.PoolPolicy::name)
                .collect(Collectors.toSet());
        this.free = pools.stream()
                .collect(Collectors.toMap(
                        PoolView::name,
                        pool -> pool.stocks().stream()
                                .collect(Collectors.toMap(PoolView.Stock::host, PoolView.Stock::free, Integer::sum)),
                        (a, b) -> a));
    }

    /** No migration starts on a host whose new options wait. */
    private static boolean isUsable(HostView host) {
        return host.available()
                && host.findings().stream().noneMatch(f -> f.code() == FindingCode.CONFIGURATION_PENDING);
    }

    /** The hosts that can take the VM and have enough free VFs, the best first; without its own host. */
    Stream<HostName> of(Vm vm) {
        return ranking(vm, vfs(vm)).hosts().stream().filter(host -> !host.equals(vm.host()));
    }

    /** The number of these hosts. */
    int count(Vm vm) {
        return ranking(vm, vfs(vm)).without(vm.host());
    }

    /** The number of hosts besides that of the VM that are available, with or without free VFs. */
    int others(Vm vm) {
        return ranking(vm, Map.of()).without(vm.host());
    }

    private Ranking ranking(Vm vm, Map<PoolName, Long> vfs) {
        return rankings.computeIfAbsent(new Needs(connectors.getOrDefault(vm.host(), ""), vfs), this::rank);
    }

    /** The pools from which this server leases a VF for the VM on its destination, with the number of VFs. */
    Map<PoolName, Long> vfs(Vm vm) {
        return vm.pairs().stream()
                .filter(pair -> pair.kind() == PrimaryKind.VF)
                .map(Pair::pool)
                .flatMap(pool -> pool.filter(configured::contains).stream())
                .collect(Collectors.groupingBy(pool -> pool, Collectors.counting()));
    }

    /** A lease that begins now, which the stock of the host does not show yet. */
    void reserve(Vm vm, HostName host) {
        vfs(vm).forEach((pool, count) ->
                free.getOrDefault(pool, Map.of()).computeIfPresent(host, (h, left) -> left - count.intValue()));
        rankings.clear();
    }

    private Ranking rank(Needs needs) {
        List<HostName> hosts = usable.stream()
                .filter(host -> fits(host.connector(), needs.connector()))
                .map(HostView::name)
                .filter(host -> spare(host, needs) >= 0)
                .sorted(Comparator.comparingLong((HostName host) -> spare(host, needs))
                        .reversed())
                .toList();
        return new Ranking(hosts, Set.copyOf(hosts));
    }

    private static boolean fits(String connector, String other) {
        return connector.equals(other) || connector.equals(PEER) || other.equals(PEER);
    }

    /** The VFs that are left in the scarcest of the pools; negative if there are too few. */
    private long spare(HostName host, Needs needs) {
        return needs.vfs().entrySet().stream()
                .mapToLong(e -> free.getOrDefault(e.getKey(), Map.of()).getOrDefault(host, 0) - e.getValue())
                .min()
                .orElse(0);
    }
}
