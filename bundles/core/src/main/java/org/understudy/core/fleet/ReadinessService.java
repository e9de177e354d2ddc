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
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Migrations;
import org.understudy.api.Policies;
import org.understudy.api.Readiness;
import org.understudy.api.Revised;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.api.VmReadiness;
import org.understudy.core.reconcile.DefinitionController;

/** Evaluates what is known of VMs. The work grows with the number of these VMs, not with that of VMs and hosts. */
@Component
public final class ReadinessService implements Readiness {
    private static final Comparator<Vm> BY_NAME_AND_HOST =
            Comparator.comparing(Vm::name).thenComparing(Vm::host);

    private final VirtualMachines vms;
    private final Inventory inventory;
    private final Migrations migrations;
    private final Policies policies;
    private final DefinitionFindings definitions;
    private final InstantSource clock;

    @Activate
    public ReadinessService(
            @Reference VirtualMachines vms,
            @Reference Inventory inventory,
            @Reference Migrations migrations,
            @Reference Policies policies,
            @Reference DefinitionController definitions) {
        this(vms, inventory, migrations, policies, definitions::findings, Clock.systemUTC());
    }

    ReadinessService(
            VirtualMachines vms,
            Inventory inventory,
            Migrations migrations,
            Policies policies,
            DefinitionFindings definitions,
            InstantSource clock) {
        this.vms = vms;
        this.inventory = inventory;
        this.migrations = migrations;
        this.policies = policies;
        this.definitions = definitions;
        this.clock = clock;
    }

    @Override
    public FleetReadiness evaluate(Optional<HostName> host) {
        List<HostView> hosts = vms.hosts();
        host.ifPresent(name -> requireConfigured(name, hosts));
        VmInventory known = vms.list();
        List<Vm> evaluated = known.vms().stream()
                .filter(vm -> host.isEmpty() || host.get().equals(vm.host()))
                .toList();
        return evaluate(evaluated, hosts, inventory.snapshot(), unanswered(known, host));
    }

    @Override
    public FleetReadiness evaluateVms(Set<VmAddress> addresses) {
        List<HostView> hosts = vms.hosts();
        InventorySnapshot now = inventory.snapshot();
        List<Vm> evaluated = addresses.stream()
                .flatMap(address -> now.find(address).stream())
                .map(Revised::value)
                .distinct()
                .sorted(BY_NAME_AND_HOST)
                .toList();
        Set<String> subjects = evaluated.stream().map(vm -> subject(vm.host())).collect(Collectors.toSet());
        List<Finding> unanswered = now.findings().stream()
                .filter(finding -> subjects.contains(finding.subject()))
                .toList();
        return evaluate(evaluated, hosts, now, unanswered);
    }

    private FleetReadiness evaluate(
            List<Vm> evaluated, List<HostView> hosts, InventorySnapshot now, List<Finding> unanswered) {
        Destinations destinations = new Destinations(hosts, now.pools(), policies.current());
        Obstacles obstacles = new Obstacles(hosts, migrations.list(), migrations.findings(), definitions, destinations);
        List<VmReadiness> all = evaluated.stream()
                .map(vm -> readiness(vm, obstacles, destinations))
                .toList();
        int ready = (int) all.stream().filter(VmReadiness::ready).count();
        return new FleetReadiness(clock.instant(), ready, all.size() - ready, groups(all), all, unanswered);
    }

    private static void requireConfigured(HostName name, List<HostView> hosts) {
        if (hosts.stream().noneMatch(host -> host.name().equals(name))) {
            throw new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "Host '" + name + "' is not in the configuration");
        }
    }

    private static List<Finding> unanswered(VmInventory known, Optional<HostName> host) {
        return known.findings().stream()
                .filter(f -> host.isEmpty() || f.subject().equals(subject(host.get())))
                .toList();
    }

    private static String subject(HostName host) {
        return "host " + host;
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
