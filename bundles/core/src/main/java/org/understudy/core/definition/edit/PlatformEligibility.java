// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Consent;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.PlatformXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.NicModel;

/** Checks the prerequisites of a pair: a hypervisor with failover, a machine type with PCIe, a suitable NIC. */
final class PlatformEligibility {
    private static final Set<String> UNSUITABLE_NICS = Set.of("hostdev", "vdpa", "vhostuser");

    private final DomainDocument document;
    private final PlatformXml platform;

    PlatformEligibility(DomainDocument document) {
        this.document = document;
        this.platform = PlatformXml.of(document);
    }

    /** @param vfNetworks networks whose NICs are VFs */
    void checkNic(XmlElement nic, Set<String> vfNetworks, List<Finding> findings) {
        String type = nic.attributeOr("type", "");

        if (NicSelection.isVf(nic, vfNetworks)) {
            unsuitable(nic, "its network hands out VFs", findings);
        } else if (!NicModel.isVirtio(nic)) {
            String model = nic.childAttribute("model", "type")
                    .map(m -> "its model is '" + m + "', not virtio")
                    .orElse("it has no <model type='virtio'/>");
            unsuitable(nic, model, findings);
        } else if (UNSUITABLE_NICS.contains(type)) {
            unsuitable(nic, "the interface type '" + type + "' is not supported", findings);
        } else if (nic.childAttribute("mac", "address").isEmpty()) {
            unsuitable(nic, "it has no <mac address=.../>, which both halves of a pair must share", findings);
        } else if (nic.child("teaming").isPresent()) {
            unsuitable(nic, "it has <teaming>, but is not part of a complete pair", findings);
        }
    }

    private static void unsuitable(XmlElement nic, String why, List<Finding> findings) {
        String label = nic.childAttribute("mac", "address").orElse("without a MAC");
        findings.add(Finding.of(
                FindingCode.NIC_NOT_SUITABLE,
                nic.name() + " " + label,
                "NIC " + label + " cannot become a standby NIC: " + why,
                "Select a virtio NIC that has a MAC address and no <teaming>."));
    }

    void checkMachine(Set<Consent> consents, List<Finding> findings) {
        String arch = platform.arch();
        String machine = machine();
        boolean virt = platform.isVirt();
        if (!platform.isQemu()) {
            noFailover("domain type '" + platform.hypervisor().orElse("") + "' is not run by QEMU", findings);
        } else if (!virt && (platform.isX86() || arch.isEmpty())) {
            checkPc(machine, consents, findings);
        } else if (!virt || !platform.isVirtArch() && !arch.isEmpty()) {
            noFailover(
                    "machine type '" + machine + "' of architecture '" + arch + "' has no hot-pluggable PCIe port",
                    findings);
        }
    }

    private void checkPc(String machine, Set<Consent> consents, List<Finding> findings) {
        if (platform.isQ35()) {
            return;
        }
        if (!machine.isEmpty() && !machine.equals("pc") && !machine.startsWith("pc-i440fx")) {
            noFailover("machine type '" + machine + "' has no hot-pluggable PCIe port", findings);
            return;
        }
        String shown = machine.isEmpty() ? "pc (default of libvirt)" : machine;
        Optional<String> obstacle = obstacleToQ35();
        if (obstacle.isPresent()) {
            findings.add(Finding.of(
                    FindingCode.MACHINE_WITHOUT_PCIE,
                    "machine " + shown,
                    "Machine type '" + shown + "' has no PCIe and cannot be changed to q35: " + obstacle.get(),
                    "Reinstall the guest on a q35 machine."));
        } else if (!consents.contains(Consent.CHANGE_MACHINE_TYPE)) {
            findings.add(Finding.of(
                    FindingCode.MACHINE_CHANGE_NEEDS_CONSENT,
                    "machine " + shown,
                    "Machine type '" + shown
                            + "' has no PCIe; on q35, which has it, an installed guest may fail to boot or may "
                            + "rename its devices",
                    "Test a copy of the VM on q35, then repeat the request with the consent change-machine-type."));
        }
    }

    /** The part of an i440fx document that is invalid on q35. */
    private Optional<String> obstacleToQ35() {
        for (XmlElement controller : document.devices("controller")) {
            String type = controller.attributeOr("type", "");
            String model = controller.attributeOr("model", "");
            if (type.equals("ide") || type.equals("fdc") || type.equals("pci")) {
                return Optional.of("the VM has a controller '" + type + (model.isEmpty() ? "" : " " + model) + "'");
            }
        }
        for (XmlElement disk : document.devices("disk")) {
            String bus = bus(disk);
            if (bus.equals("ide") || bus.equals("fdc")) {
                return Optional.of("a disk is on bus '" + bus + "'");
            }
        }
        boolean addressed = document.devices().stream()
                .anyMatch(device -> PciXml.guestElement(device).isPresent());
        return addressed ? Optional.of("devices have PCI addresses of the old machine type") : Optional.empty();
    }

    /** The bus of a disk, derived from its name if it is not set. Source: libvirt, virDomainDiskDefPostParse. */
    private static String bus(XmlElement disk) {
        String name = disk.childAttribute("target", "dev").orElse("");
        return disk.childAttribute("target", "bus")
                .orElse(name.startsWith("hd") ? "ide" : name.startsWith("fd") ? "fdc" : "");
    }

    private static void noFailover(String why, List<Finding> findings) {
        findings.add(Finding.of(
                FindingCode.PLATFORM_WITHOUT_FAILOVER,
                "domain",
                "Failover pair is not supported: " + why,
                "Run the guest with QEMU on a q35 or virt machine."));
    }

    Optional<XmlElement> osType() {
        return platform.osType();
    }

    String machine() {
        return platform.machine().orElse("");
    }

    /** The required machine type; empty if the current one has PCIe. */
    Optional<String> machineToSet() {
        String machine = machine();
        if (machine.isEmpty() || machine.equals("pc")) {
            return platform.arch().isEmpty() || platform.isX86() ? Optional.of("q35") : Optional.empty();
        }
        return machine.startsWith("pc-i440fx") ? Optional.of(machine.replace("pc-i440fx", "pc-q35")) : Optional.empty();
    }
}
