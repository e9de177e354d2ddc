// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Migration;
import org.understudy.api.NicRole;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;

/** What prevents or limits the migration of each VM, by what is known of it. Used by one thread. */
final class Obstacles {
    private static final String PASSED_THROUGH = "hostdev";

    private final Map<HostName, HostView> hosts;
    /** By the name of the VM on both of its hosts. */
    private final Map<HostedName, Migration> running = new HashMap<>();

    private final List<Finding> ofAllVms;
    private final DefinitionFindings definitions;
    private final Destinations destinations;

    private record HostedName(HostName host, VmName vm) {}

    Obstacles(
            List<HostView> hosts,
            List<Migration> migrations,
            List<Finding> ofThisServer,
            DefinitionFindings definitions,
            Destinations destinations) {
        this.hosts = hosts.stream().collect(Collectors.toMap(HostView::name, Function.identity(), (a, b) -> a));
        this.ofAllVms = ofThisServer.stream()
                .filter(f -> f.severity() == Severity.ERROR)
                .toList();
        this.definitions = definitions;
        this.destinations = destinations;
        migrations.stream().filter(Migration::isRunning).forEach(m -> {
            running.put(new HostedName(m.source(), m.vm()), m);
            running.put(new HostedName(m.destination(), m.vm()), m);
        });
    }

    List<Finding> of(Vm vm) {
        Optional<Finding> first = host(vm).or(() -> migration(vm)).or(() -> state(vm));
        if (first.isPresent()) {
            return List.of(first.get());
        }
        List<Finding> found = new ArrayList<>(ofAllVms);
        hosts.get(vm.host()).findings().stream()
                .filter(f -> f.code() == FindingCode.CONFIGURATION_PENDING)
                .map(f -> f.as(Severity.ERROR))
                .forEach(found::add);
        found.addAll(definitions.of(vm.host(), vm.name()));
        found.addAll(unpaired(vm));
        vm.pairs().forEach(pair -> pair(vm, pair).ifPresent(found::add));
        destination(vm).ifPresent(found::add);
        return List.copyOf(found);
    }

    private Optional<Finding> host(Vm vm) {
        return Optional.ofNullable(hosts.get(vm.host()))
                        .filter(HostView::available)
                        .isPresent()
                ? Optional.empty()
                : Optional.of(Finding.of(
                        FindingCode.HOST_UNAVAILABLE,
                        subject(vm),
                        "Host " + vm.host() + " of VM " + vm.name() + " is not available",
                        "Check that the host is up and reachable; understudy:doctor shows the cause."));
    }

    private Optional<Finding> migration(Vm vm) {
        return Optional.ofNullable(running.get(new HostedName(vm.host(), vm.name())))
                .map(m -> Finding.of(
                        FindingCode.MIGRATION_RUNNING,
                        subject(vm),
                        "Migration %s of VM %s from host %s to host %s runs"
                                .formatted(m.id(), vm.name(), m.source(), m.destination()),
                        "Wait until migration " + m.id() + " has ended, or cancel it."));
    }

    private static Optional<Finding> state(Vm vm) {
        if (vm.state() == VmState.RUNNING) {
            return Optional.empty();
        }
        String state =
                vm.state() == VmState.SHUTOFF ? "shut off" : vm.state().name().toLowerCase(Locale.ROOT);
        String remedy = switch (vm.state()) {
            case PAUSED -> "Resume the VM first.";
            case SHUTOFF -> "Start the VM first.";
            default -> "Check the VM with understudy:vm-show.";
        };
        return Optional.of(Finding.of(
                FindingCode.VM_NOT_MIGRATABLE,
                subject(vm),
                "VM %s is %s on host %s; required state: running".formatted(vm.name(), state, vm.host()),
                remedy));
    }

    private static List<Finding> unpaired(Vm vm) {
        return vm.nics().stream()
                .filter(nic -> nic.role() == NicRole.PLAIN && nic.model().equals(PASSED_THROUGH))
                .map(nic -> Finding.of(
                        FindingCode.DEVICE_NOT_IN_PAIR,
                        subject(vm) + ", NIC " + nic.index(),
                        "Passed-through NIC " + nic.index() + " of VM " + vm.name()
                                + " is in no pair, so the VM cannot be migrated",
                        "Replace the NIC with a virtio NIC on the same network, make that a pair with"
                                + " \"understudy:pair-on\", and restart the VM; or unplug the NIC."))
                .toList();
    }

    private static Optional<Finding> pair(Vm vm, Pair pair) {
        if (pair.kind() == PrimaryKind.VF && pair.pool().isEmpty()) {
            return Optional.of(Finding.of(
                    FindingCode.POOL_UNKNOWN,
                    subject(vm, pair),
                    "The definition names no VF pool for " + pair.primary(),
                    "Turn the pair off and on again with a pool (understudy:pair-on)."));
        }
        return health(pair.health())
                .map(code -> Finding.of(
                        code,
                        subject(vm, pair),
                        "Pair of VM " + vm.name() + ": " + cause(pair),
                        pair.health().nextStep()));
    }

    private static String cause(Pair pair) {
        String cause = pair.details().isEmpty() ? pair.health().cause() : pair.details();
        return cause.endsWith(".") ? cause.substring(0, cause.length() - 1) : cause;
    }

    /** As the preflight reports it; empty if this health limits nothing. */
    private static Optional<FindingCode> health(PairHealth health) {
        return switch (health) {
            case HIDDEN -> Optional.of(FindingCode.STANDBY_NOT_NEGOTIATED);
            case ON_STANDBY, FAULT -> Optional.of(FindingCode.PRIMARY_ABSENT);
            case UNPLUGGING -> Optional.of(FindingCode.EJECT_PENDING);
            case OFF, PENDING_RESTART, ACTIVE, PARTIAL -> Optional.empty();
        };
    }

    private Optional<Finding> destination(Vm vm) {
        if (destinations.count(vm) > 0) {
            return Optional.empty();
        }
        if (destinations.others(vm) == 0) {
            return Optional.of(
                    Finding.of(
                            FindingCode.NO_DESTINATION,
                            subject(vm),
                            "No other host of the connector of host " + vm.host() + " is available for VM " + vm.name(),
                            "Add a host to etc/understudy.yaml, or check with understudy:doctor why others are not available."));
        }
        String pools = destinations.vfs(vm).keySet().stream()
                .map(Object::toString)
                .sorted()
                .collect(Collectors.joining(", "));
        return Optional.of(Finding.of(
                FindingCode.POOL_EXHAUSTED,
                subject(vm),
                "No other host has enough free VFs of pool " + pools + " for VM " + vm.name(),
                "Free a VF of the pool on another host (understudy:pool-list), or migrate with --accept-standby."));
    }

    private static String subject(Vm vm) {
        return "vm " + vm.name();
    }

    private static String subject(Vm vm, Pair pair) {
        return subject(vm) + ", primary " + pair.primary();
    }
}
