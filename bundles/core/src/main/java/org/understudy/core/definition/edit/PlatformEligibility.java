// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Consent;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.PciXml;
import org.understudy.core.definition.PlatformXml;

/** Whether a document offers what a pair needs: a hypervisor with failover, a machine with PCIe, a suitable NIC. */
final class PlatformEligibility {
    private static final Set<String> UNSUITABLE_NICS = Set.of("hostdev", "vdpa", "vhostuser");

    private final DomainDocument document;
    private final PlatformXml platform;

    PlatformEligibility(DomainDocument document) {
        this.document = document;
        this.platform = PlatformXml.of(document);
    }

    void judgeNic(XmlElement nic, List<Finding> findings) {
        String type = nic.attributeOr("type", "");
        String subject = nic.name() + " " + nic.childAttribute("mac", "address").orElse("without a MAC");
        if (!NicSelection.isVirtio(nic)) {
            String model = nic.childAttribute("model", "type")
                    .map(m -> "its model is '" + m + "', not virtio")
                    .orElse("it does not say that its model is virtio");
            unsuitable(subject, model, findings);
        } else if (UNSUITABLE_NICS.contains(type)) {
            unsuitable(subject, "an interface of type '" + type + "' cannot be a standby", findings);
        } else if (nic.childAttribute("mac", "address").isEmpty()) {
            unsuitable(subject, "it has no <mac address=.../>, which both halves of a pair must share", findings);
        } else if (nic.child("teaming").isPresent()) {
            unsuitable(subject, "it has <teaming>, but is not half of a whole pair", findings);
        }
    }

    private static void unsuitable(String subject, String why, List<Finding> findings) {
        findings.add(Finding.of(
                FindingCode.NIC_NOT_SUITABLE,
                subject,
                subject + " cannot become a standby: " + why,
                "choose an ordinary virtio NIC with a MAC address"));
    }

    void judgeMachine(Set<Consent> consents, List<Finding> findings) {
        String arch = platform.arch();
        String machine = machine();
        boolean virt = platform.isVirt();
        if (!platform.isQemu()) {
            noFailover("a domain of type '" + platform.hypervisor().orElse("") + "' is not run by QEMU", findings);
        } else if (!virt && (platform.isX86() || arch.isEmpty())) {
            judgePc(machine, consents, findings);
        } else if (!virt || !platform.isVirtArch() && !arch.isEmpty()) {
            noFailover(
                    "machine '" + machine + "' of architecture '" + arch + "' has no hot-pluggable PCIe port",
                    findings);
        }
    }

    private void judgePc(String machine, Set<Consent> consents, List<Finding> findings) {
        if (platform.isQ35()) {
            return;
        }
        if (!machine.isEmpty() && !machine.equals("pc") && !machine.startsWith("pc-i440fx")) {
            noFailover("machine '" + machine + "' has no hot-pluggable PCIe port", findings);
            return;
        }
        String shown = machine.isEmpty() ? "pc (libvirt's default)" : machine;
        Optional<String> obstacle = obstacleToQ35();
        if (obstacle.isPresent()) {
            findings.add(Finding.of(
                    FindingCode.MACHINE_WITHOUT_PCIE,
                    "machine " + shown,
                    "machine '" + shown + "' has no PCIe, and it cannot be changed to q35 here: " + obstacle.get(),
                    "install the guest on a q35 machine"));
        } else if (!consents.contains(Consent.CHANGE_MACHINE_TYPE)) {
            findings.add(Finding.of(
                    FindingCode.MACHINE_CHANGE_NEEDS_CONSENT,
                    "machine " + shown,
                    "machine '" + shown + "' has no PCIe; q35 has, but an installed guest may not boot on it or may "
                            + "rename its devices",
                    "test a copy of the VM on q35, then ask again with the consent change-machine-type"));
        }
    }

    /** What of an i440fx document would be wrong on q35. */
    private Optional<String> obstacleToQ35() {
        for (XmlElement controller : document.devices("controller")) {
            String type = controller.attributeOr("type", "");
            String model = controller.attributeOr("model", "");
            if (type.equals("ide") || type.equals("fdc") || type.equals("pci")) {
                return Optional.of("it has a controller '" + type + (model.isEmpty() ? "" : " " + model) + "'");
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
        return addressed ? Optional.of("devices have PCI addresses of the old machine") : Optional.empty();
    }

    /** What a disk's name means where no bus is named. Source: libvirt, virDomainDiskDefPostParse. */
    private static String bus(XmlElement disk) {
        String name = disk.childAttribute("target", "dev").orElse("");
        return disk.childAttribute("target", "bus")
                .orElse(name.startsWith("hd") ? "ide" : name.startsWith("fd") ? "fdc" : "");
    }

    private static void noFailover(String why, List<Finding> findings) {
        findings.add(Finding.of(
                FindingCode.PLATFORM_WITHOUT_FAILOVER,
                "domain",
                "a failover pair is impossible: " + why,
                "run the guest by QEMU on a q35 or virt machine"));
    }

    Optional<XmlElement> osType() {
        return platform.osType();
    }

    String machine() {
        return platform.machine().orElse("");
    }

    /** The machine type to change to; empty if the present one has PCIe. */
    Optional<String> machineToSet() {
        String machine = machine();
        if (machine.isEmpty() || machine.equals("pc")) {
            return platform.arch().isEmpty() || platform.isX86() ? Optional.of("q35") : Optional.empty();
        }
        return machine.startsWith("pc-i440fx") ? Optional.of(machine.replace("pc-i440fx", "pc-q35")) : Optional.empty();
    }
}
