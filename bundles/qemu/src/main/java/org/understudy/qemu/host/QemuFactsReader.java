// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts;
import org.understudy.qemu.domain.DefinitionReader.Reading;
import org.understudy.qemu.domain.Device;
import org.understudy.qemu.domain.Domain;
import org.understudy.qemu.domain.FirmwareCatalog;
import org.understudy.qemu.process.Sandbox;

/**
 * Reads the facts of this machine, and checks definitions against them.
 *
 * @param sys {@code /sys}
 * @param bridgeAcl {@code /etc/qemu/bridge.conf}, the access list of the bridge helper
 */
record QemuFactsReader(
        HostSettings settings, Supplier<Emulator> emulators, FirmwareCatalog firmware, Path sys, Path bridgeAcl) {

    HostFacts facts() {
        Emulator emulator = emulators.get();
        Set<String> bridges = bridges();
        return new HostFacts(
                HostSettings.KIND,
                "QEMU %s (%s), %s".formatted(emulator.version(), emulator.accelerator(), settings.directory()),
                Optional.of(emulator.version()),
                Optional.empty(),
                Optional.of(emulator.accelerator()),
                emulator.machines().keySet(),
                iommu(),
                Optional.of(bridges),
                Stream.concat(emulator.findings().stream(), settings.missingUser().stream())
                        .toList());
    }

    /** Source: the kernel creates a folder per group if an IOMMU is enabled. */
    private Optional<Boolean> iommu() {
        Path groups = sys.resolve("kernel/iommu_groups");
        try (Stream<Path> found = Files.isDirectory(groups) ? Files.list(groups) : Stream.empty()) {
            return Optional.of(found.findAny().isPresent());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The bridges that the bridge helper may attach to. */
    private Set<String> bridges() {
        Path interfaces = sys.resolve("class/net");
        try (Stream<Path> found = Files.isDirectory(interfaces) ? Files.list(interfaces) : Stream.empty()) {
            Set<String> allowed = allowed();
            return found.filter(i -> Files.isDirectory(i.resolve("bridge")))
                    .map(i -> i.getFileName().toString())
                    .filter(b -> allowed.contains(b) || allowed.contains("all"))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot read the bridges of this host: " + e, e);
        }
    }

    private Set<String> allowed() throws IOException {
        if (!Files.isReadable(bridgeAcl)) {
            return Set.of();
        }
        return Files.readAllLines(bridgeAcl).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("allow "))
                .map(line -> line.substring("allow ".length()).strip())
                .collect(Collectors.toSet());
    }

    /** The findings of a definition, including those of this host. */
    List<Finding> check(Reading reading) {
        Emulator emulator = emulators.get();
        Domain domain = reading.domain();
        List<Finding> findings = new ArrayList<>(reading.findings());
        settings.missingUser().ifPresent(findings::add);
        if (!emulator.machines().containsKey(domain.machine().type())) {
            findings.add(Finding.of(
                    FindingCode.MACHINE_TYPE_UNKNOWN,
                    "/domain/os/type/@machine",
                    "Machine type '%s' is not supported by QEMU %s of host %s"
                            .formatted(domain.machine().type(), emulator.version(), settings.name()),
                    "Use a machine type that this QEMU supports, such as q35."));
        }
        if (domain.kvm() && !emulator.accelerator().equals("kvm")) {
            findings.add(Finding.of(
                    FindingCode.ACCELERATOR_FALLBACK,
                    "/domain/@type",
                    "The definition requests KVM, but host " + settings.name() + " emulates the CPU (TCG)",
                    "Enable KVM on the host, or accept slow emulation."));
        }
        if (domain.lifecycle().panicPauses() && !emulator.version().atLeast(6, 0)) {
            findings.add(Finding.of(
                    FindingCode.DEFINITION_UNSUPPORTED,
                    "/domain/on_crash",
                    "QEMU %s of host %s cannot preserve a VM after a crash"
                            .formatted(emulator.version(), settings.name()),
                    "Use <on_crash>destroy</on_crash>, or QEMU 6.0 or newer."));
        }
        domain.devices(Device.Nic.class).forEach(n -> nic(n, emulator, findings));
        domain.devices(Device.Simple.class)
                .filter(device -> isMissing(device.driver(), emulator))
                .forEach(device -> findings.add(Finding.of(
                        FindingCode.DEFINITION_UNSUPPORTED,
                        device.place().path() + "/model",
                        "Device %s is not supported by QEMU %s of host %s"
                                .formatted(device.driver(), emulator.version(), settings.name()),
                        "Use another model, such as virtio, or install the module of this QEMU for " + device.driver()
                                + ".")));
        if (!firmware.has(domain, emulator.fullName(domain.machine().type()))) {
            findings.add(Finding.of(
                    FindingCode.DEFINITION_UNSUPPORTED,
                    "/domain/os",
                    "Host " + settings.name() + " has no matching UEFI firmware",
                    "Install the package ovmf, or set <loader> to existing firmware."));
        }
        if (new Sandbox(Optional.empty(), QemuRuntime.usesBridge(domain), false, Optional.empty()).isDisabled()) {
            findings.add(Finding.of(
                            FindingCode.BRIDGE_UNAVAILABLE,
                            "/domain/devices/interface",
                            "QEMU runs without its sandbox, because the bridge helper cannot gain privileges inside it",
                            "Run the server as root with the host option 'user', or use user networking.")
                    .as(Severity.WARNING));
        }
        return List.copyOf(findings);
    }

    /** QXL is in a module of its own, or not built. */
    private static boolean isMissing(String driver, Emulator emulator) {
        return driver.startsWith("qxl")
                && !emulator.devices().isEmpty()
                && !emulator.devices().contains(driver);
    }

    private void nic(Device.Nic nic, Emulator emulator, List<Finding> findings) {
        String path = nic.place().path();
        if (!emulator.devices().isEmpty() && !emulator.devices().contains(nic.model())) {
            findings.add(Finding.of(
                    FindingCode.DEFINITION_UNSUPPORTED,
                    path + "/model",
                    "NIC model '%s' is not supported by QEMU %s of host %s"
                            .formatted(nic.model(), emulator.version(), settings.name()),
                    "Use another model, such as e1000e, or a newer QEMU."));
        }
        if (nic.backend() instanceof Device.NicBackend.Bridge bridge
                && !bridges().contains(bridge.bridge())) {
            findings.add(Finding.of(
                    FindingCode.NETWORK_MISSING_ON_HOST,
                    path + "/source",
                    "Host %s has no bridge '%s' that %s allows".formatted(settings.name(), bridge.bridge(), bridgeAcl),
                    "Create the bridge, and add the line 'allow " + bridge.bridge() + "' to " + bridgeAcl + "."));
        }
    }
}
