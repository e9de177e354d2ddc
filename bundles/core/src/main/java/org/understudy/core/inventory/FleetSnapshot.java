// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PoolShare;
import org.understudy.api.PoolView;
import org.understudy.api.Revised;
import org.understudy.api.VfView;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmUuid;

/** Shares the parts of the hosts with other snapshots. */
final class FleetSnapshot implements InventorySnapshot {
    private static final Comparator<Revised<Vm>> BY_NAME =
            Comparator.comparing(vm -> vm.value().name());
    private static final Comparator<Revised<Vm>> BY_NAME_AND_HOST =
            BY_NAME.thenComparing(vm -> vm.value().host());

    private final long revision;
    private final Map<HostName, HostPart> parts;
    private final List<PoolPolicy> pools;
    private volatile List<Revised<Vm>> vms = List.of();
    private volatile boolean sorted;

    /** @param parts in the order of the configuration; not changed later */
    FleetSnapshot(long revision, Map<HostName, HostPart> parts, List<PoolPolicy> pools) {
        this.revision = revision;
        this.parts = parts;
        this.pools = pools;
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public List<Revised<HostEntry>> hosts() {
        return parts.values().stream().map(HostPart::entry).toList();
    }

    @Override
    public Optional<Revised<HostEntry>> host(HostName host) {
        return Optional.ofNullable(parts.get(host)).map(HostPart::entry);
    }

    @Override
    public List<Revised<Vm>> vms() {
        if (!sorted) {
            vms = parts.values().stream()
                    .flatMap(part -> part.vms().values().stream())
                    .sorted(BY_NAME_AND_HOST)
                    .toList();
            sorted = true;
        }
        return vms;
    }

    @Override
    public List<Revised<Vm>> vms(HostName host) {
        return Optional.ofNullable(parts.get(host)).map(HostPart::vms).map(Map::values).stream()
                .flatMap(Collection::stream)
                .sorted(BY_NAME)
                .toList();
    }

    /** A UUID comes before a name of the same form. */
    @Override
    public List<Revised<Vm>> find(VmAddress vm) {
        Optional<VmOnHost> onHost =
                Optional.of(vm).filter(VmOnHost.class::isInstance).map(VmOnHost.class::cast);
        VmAddress anyHost = onHost.map(VmOnHost::onAnyHost).orElse(vm);
        Collection<HostPart> searched = onHost.<Collection<HostPart>>map(one ->
                        Optional.ofNullable(parts.get(one.host())).stream().toList())
                .orElseGet(parts::values);
        List<Revised<Vm>> found = new ArrayList<>();
        if (anyHost instanceof VmUuid uuid) {
            searched.forEach(part -> Optional.ofNullable(part.vms().get(uuid.value()))
                    .filter(known -> matches(vm, known.value()))
                    .ifPresent(found::add));
        }
        if (found.isEmpty()) {
            searched.stream()
                    .flatMap(part -> part.vms().values().stream())
                    .filter(known -> matches(vm, known.value()))
                    .forEach(found::add);
        }
        return List.copyOf(found);
    }

    private static boolean matches(VmAddress vm, Vm known) {
        return vm.matches(known.host(), known.name().value(), known.uuid());
    }

    @Override
    public List<Revised<VfView>> vfs(HostName host) {
        return Optional.ofNullable(parts.get(host)).stream()
                .flatMap(part -> part.vfs().values().stream())
                .sorted(Comparator.comparing(vf -> vf.value().address()))
                .toList();
    }

    @Override
    public List<Revised<PoolShare>> poolShares(HostName host) {
        Map<PoolName, Revised<PoolShare>> shares =
                Optional.ofNullable(parts.get(host)).map(HostPart::pools).orElse(Map.of());
        return pools.stream()
                .flatMap(pool -> Optional.ofNullable(shares.get(pool.name())).stream())
                .toList();
    }

    @Override
    public List<PoolView> pools() {
        Map<PoolName, List<PoolShare>> shares = new HashMap<>();
        parts.values()
                .forEach(part -> part.pools()
                        .forEach((pool, share) -> shares.computeIfAbsent(pool, p -> new ArrayList<>())
                                .add(share.value())));
        return pools.stream()
                .map(pool -> PoolShare.total(pool, shares.getOrDefault(pool.name(), List.of())))
                .toList();
    }

    @Override
    public List<Finding> findings() {
        return parts.values().stream()
                .flatMap(part -> part.trouble().map(UnansweredHost::finding).stream())
                .toList();
    }
}
