// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.HostView;
import org.understudy.api.Migrations;
import org.understudy.api.Policies;
import org.understudy.api.PoolView;
import org.understudy.api.Readiness;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;
import org.understudy.api.VmReadiness;
import org.understudy.core.reconcile.DefinitionController;

/** Evaluates what is known of all VMs. The work grows with the number of VMs, not with that of VMs and hosts. */
@Component
public final class ReadinessService implements Readiness {
    private final VirtualMachines vms;
    private final Migrations migrations;
    private final Policies policies;
    private final DefinitionFindings definitions;
    private final Optional<HostNics> nics;
    private final InstantSource clock;

    @Activate
    public ReadinessService(
            @Reference VirtualMachines vms,
            @Reference Migrations migrations,
            @Reference Policies policies,
            @Reference DefinitionController definitions,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL, policyOption = ReferencePolicyOption.GREEDY)
                    Optional<HostNics> nics) {
        this(vms, migrations, policies, definitions::findings, nics, Clock.systemUTC());
    }

    ReadinessService(
            VirtualMachines vms,
            Migrations migrations,
            Policies policies,
            DefinitionFindings definitions,
            Optional<HostNics> nics,
            InstantSource clock) {
        this.vms = vms;
        this.migrations = migrations;
        this.policies = policies;
        this.definitions = definitions;
        this.nics = nics;
        this.clock = clock;
    }

    @Override
    public FleetReadiness evaluate(Optional<HostName> host) {
        List<HostView> hosts = vms.hosts();
        host.ifPresent(name -> requireConfigured(name, hosts));
        VmInventory known = vms.list();
        List<PoolView> pools = nics.map(HostNics::pools).orElse(List.of());
        Destinations destinations = new Destinations(hosts, pools, policies.current());
        Obstacles obstacles = new Obstacles(hosts, migrations.list(), migrations.findings(), definitions, destinations);
        List<VmReadiness> all = known.vms().stream()
                .filter(vm -> host.isEmpty() || host.get().equals(vm.host()))
                .map(vm -> readiness(vm, obstacles, destinations))
                .toList();
        int ready = (int) all.stream().filter(VmReadiness::ready).count();
        return new FleetReadiness(
                clock.instant(), ready, all.size() - ready, groups(all), all, unanswered(known, host));
    }

    private static void requireConfigured(HostName name, List<HostView> hosts) {
        if (hosts.stream().noneMatch(host -> host.name().equals(name))) {
            throw new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "Host '" + name + "' is not in the configuration");
        }
    }

    private static List<Finding> unanswered(VmInventory known, Optional<HostName> host) {
        return known.findings().stream()
                .filter(f -> host.isEmpty() || f.subject().equals("host " + host.get()))
                .toList();
    }

    private static VmReadiness readiness(Vm vm, Obstacles obstacles, Destinations destinations) {
        List<Finding> findings = obstacles.of(vm);
        return new VmReadiness(
                vm.name(),
                vm.uuid(),
                vm.host(),
                vm.state(),
                !Finding.anyBlocking(findings),
                destinations.count(vm),
                destinations.of(vm).findFirst(),
                findings);
    }

    private record Kind(FindingCode code, Severity severity) {}

    /** A VM with several findings of one kind counts once. */
    private static List<FleetReadiness.Group> groups(List<VmReadiness> vms) {
        Map<Kind, List<Finding>> firstOfEachVm = new LinkedHashMap<>();
        for (VmReadiness vm : vms) {
            vm.findings().stream()
                    .collect(Collectors.toMap(
                            f -> new Kind(f.code(), f.severity()), f -> f, (a, b) -> a, LinkedHashMap::new))
                    .forEach((kind, finding) -> firstOfEachVm
                            .computeIfAbsent(kind, k -> new ArrayList<>())
                            .add(finding));
        }
        return firstOfEachVm.entrySet().stream()
                .map(e -> new FleetReadiness.Group(
                        e.getKey().code(),
                        e.getKey().severity(),
                        e.getValue().size(),
                        e.getValue().get(0).remedy()))
                .sorted(Comparator.comparing(FleetReadiness.Group::severity)
                        .thenComparing(Comparator.comparingInt(FleetReadiness.Group::vms)
                                .reversed()))
                .toList();
    }
}
