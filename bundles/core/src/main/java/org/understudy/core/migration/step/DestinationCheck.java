// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.xml.PlatformXml;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.HostNetworks;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.VmSnapshot;

/** The part of the preflight that checks whether the destination can run the VM. */
final class DestinationCheck {
    /** Machine types that are aliases of another type in each version of QEMU. Source: {@code -machine help}, "alias of". */
    private static final Set<String> MACHINE_ALIASES = Set.of("q35", "pc", "virt", "pseries", "s390-ccw-virtio");

    private final MigrationRequest request;
    private final MigrationServices services;
    private final String subject;

    DestinationCheck(MigrationRequest request, MigrationServices services) {
        this.request = request;
        this.services = services;
        this.subject = "host " + request.destination().name();
    }

    List<Finding> findings(VmSnapshot snapshot) {
        HostFacts from = request.source().facts();
        HostFacts to = request.destination().facts();
        String adjusted = services.definitions().adjust(snapshot.live(), Map.of(), request.networksOnDestination());
        List<Finding> found = new ArrayList<>(to.findings());
        found.addAll(request.destination().check(adjusted));
        services.linter().lint(adjusted, from, to).stream()
                .filter(f -> !found.contains(f))
                .forEach(found::add);
        found.addAll(nameTaken());
        found.addAll(machine(snapshot, from, to));
        found.addAll(version(from, to));
        found.addAll(accelerator(from, to));
        snapshot.pairs().stream()
                .filter(p -> p.kind() == PrimaryKind.VF && !HostNetworks.serve(p, request.policy(), to))
                .forEach(p -> found.addAll(pool(p, snapshot)));
        return found;
    }

    private List<Finding> nameTaken() {
        Optional<HostedVm> there = request.destination().find(request.vm());
        if (there.filter(this::isAnotherVm).isPresent()) {
            return List.of(incompatible(
                    "The destination has another VM " + request.vm() + ", with UUID "
                            + there.get().uuid(),
                    "Choose another destination, or rename one of the two VMs."));
        }
        return there.filter(vm -> vm.state() != VmState.SHUTOFF)
                .map(vm -> List.of(incompatible(
                        "The destination already has a VM " + request.vm() + ", which is " + vm.state(),
                        "Decide which host has the valid copy, and destroy and undefine the other.")))
                .orElse(List.of());
    }

    private boolean isAnotherVm(HostedVm vm) {
        return request.uuid().filter(uuid -> !uuid.equals(vm.uuid())).isPresent();
    }

    private List<Finding> machine(VmSnapshot snapshot, HostFacts from, HostFacts to) {
        Optional<String> machine = PlatformXml.read(snapshot.live()).flatMap(PlatformXml::machine);
        if (machine.isEmpty()) {
            return List.of();
        }
        String name = machine.get();
        if (!to.machineTypes().isEmpty() && !to.machineTypes().contains(name)) {
            return List.of(incompatible(
                    "Machine type " + name + " is unknown on the destination",
                    "Use a machine type that both hosts support."));
        }
        boolean sameVersion =
                from.qemuVersion().isPresent() && from.qemuVersion().equals(to.qemuVersion());
        if (MACHINE_ALIASES.contains(name) && !sameVersion) {
            return List.of(incompatible(
                    "Machine type " + name
                            + " is an alias that depends on the version of QEMU, and the versions of the hosts differ",
                    "Write the machine type with its version, such as pc-q35-7.2, and restart the VM."));
        }
        return List.of();
    }

    private List<Finding> version(HostFacts from, HostFacts to) {
        if (from.qemuVersion().isEmpty() || to.qemuVersion().isEmpty()) {
            return List.of();
        }
        Version source = from.qemuVersion().get();
        Version destination = to.qemuVersion().get();
        if (destination.atLeast(source.major(), source.minor())) {
            return List.of();
        }
        Finding older = incompatible(
                "QEMU " + destination + " on the destination is older than QEMU " + source + " on the source",
                "Update QEMU on the destination.");
        return List.of(destination.major() < source.major() ? older : older.as(Severity.WARNING));
    }

    private List<Finding> accelerator(HostFacts from, HostFacts to) {
        boolean differ = from.accelerator().isPresent()
                && to.accelerator().isPresent()
                && !from.accelerator().equals(to.accelerator());
        return differ
                ? List.of(incompatible(
                                "The source runs VMs with "
                                        + from.accelerator().get() + ", the destination with "
                                        + to.accelerator().get(),
                                "Choose a destination host with the same accelerator.")
                        .as(Severity.WARNING))
                : List.of();
    }

    private List<Finding> pool(PairView pair, VmSnapshot snapshot) {
        String pairSubject = request.subject() + ", primary " + pair.primary();
        if (pair.pool().isEmpty()) {
            return List.of(Finding.of(
                    FindingCode.POOL_UNKNOWN,
                    pairSubject,
                    "The definition names no VF pool for " + pair.primary(),
                    "Turn the pair off and on again with a pool (understudy:pair-on)."));
        }
        PoolName pool = pair.pool().get();
        if (request.policy().pools().stream().noneMatch(p -> p.name().equals(pool))) {
            return List.of(Finding.of(
                    FindingCode.POOL_UNKNOWN,
                    pairSubject,
                    "VF pool " + pool + " is neither configured nor a network of the destination",
                    "Add the pool to etc/understudy.yaml, or start a network of that name on the destination."));
        }
        if (services.pools().isEmpty()) {
            return List.of(Finding.of(
                    FindingCode.POOL_NOT_SERVED,
                    pairSubject,
                    "No service of this server leases the VFs of pool " + pool,
                    "Install the feature that manages host NICs with feature:install."));
        }
        boolean accepted = request.acceptsStandby() && snapshot.canBeUnplugged();
        return services.pools().get().check(request.destination().name(), pool).stream()
                .map(f -> accepted && f.code() == FindingCode.POOL_EXHAUSTED ? f.as(Severity.WARNING) : f)
                .toList();
    }

    private Finding incompatible(String message, String remedy) {
        return Finding.of(FindingCode.DESTINATION_INCOMPATIBLE, subject, message, remedy);
    }
}
