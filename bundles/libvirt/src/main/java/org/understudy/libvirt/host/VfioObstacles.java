// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.Severity;
import org.understudy.api.VmName;
import org.understudy.libvirt.domain.NodeDevice;
import org.understudy.libvirt.domain.VfUse;

/**
 * Reasons why QEMU may fail to open a VF that libvirt assigned. libvirt reports such a start or migration as a success.
 *
 * @param securityModels the security models of the host
 * @param vfio whether libvirt on the host reports VFIO as available; empty if it does not report it
 * @param here the host's files, if the host is this machine
 * @param devices looks up a device of the host
 */
record VfioObstacles(
        HostName host,
        List<String> securityModels,
        Optional<Boolean> vfio,
        Optional<LocalVfioReader> here,
        Function<PciAddress, Optional<NodeDevice>> devices) {
    static final String DROP_IN = "Copy hooks/libvirt/apparmor/understudy-vfio to"
            + " /etc/apparmor.d/abstractions/libvirt-qemu.d/ on the host, then restart the VM.";

    /** Obstacles of the host, whatever the VM. */
    List<Finding> onHost() {
        List<Finding> findings = new ArrayList<>();
        addVfio(subject(), findings);
        if (securityModels.contains("apparmor")) {
            if (here.isEmpty()) {
                findings.add(finding(
                                subject(),
                                "Host " + host
                                        + ": AppArmor confines QEMU; whether its profile allows VFs of"
                                        + " libvirt networks cannot be read remotely",
                                DROP_IN)
                        .as(Severity.NOTICE));
            } else if (!here.get().allowsVfs()) {
                findings.add(appArmor(subject()));
            }
        }
        return findings;
    }

    private String subject() {
        return "host " + host;
    }

    private void addVfio(String subject, List<Finding> findings) {
        boolean missing = here.isPresent()
                ? !here.get().hasVfio()
                : vfio.filter(yes -> !yes).isPresent();
        if (missing) {
            findings.add(finding(
                    subject,
                    "VFIO is unavailable on host " + host + ": the IOMMU is off, or VFIO is not loaded",
                    "Enable the IOMMU, and load VFIO with \"modprobe vfio-pci\"."));
        }
        if (here.flatMap(LocalVfioReader::hasInterruptRemapping)
                .filter(yes -> !yes)
                .isPresent()) {
            findings.add(finding(
                    subject,
                    "IOMMU of host " + host + " does not remap interrupts; VFIO refuses VFs without it",
                    "Enable interrupt remapping (VT-d, x2APIC) in the firmware, and boot with intremap=on."));
        }
    }

    /** Obstacles of one VF of a VM. */
    List<Finding> of(VmName vm, Alias primary, VfUse use) {
        String subject = "primary " + primary + " on host " + host;
        List<Finding> findings = new ArrayList<>();
        use.vf().ifPresent(vf -> addDevice(subject, vf, findings));
        addVfio(subject, findings);
        boolean open = here.filter(LocalVfioReader::allowsVfs).isPresent();
        if (use.blockedByAppArmor() && !open) {
            findings.add(appArmor(subject));
        }
        if (use.memoryLimitTooLow()) {
            findings.add(finding(
                    subject,
                    "VM " + vm + ": <hard_limit> is below its memory, all of which VFIO locks",
                    "Remove <hard_limit>, or raise it to the memory of the VM plus 1 GiB."));
        }
        if (findings.isEmpty() && use.vf().isPresent()) {
            findings.add(noneFound(subject, vm, use.vf().get()));
        }
        return findings;
    }

    private void addDevice(String subject, PciAddress vf, List<Finding> findings) {
        Optional<NodeDevice> found = devices.apply(vf);
        if (found.isEmpty()) {
            findings.add(finding(
                    subject,
                    "Host " + host + " has no device " + vf,
                    "List the devices of the host with \"virsh nodedev-list --cap pci\"."));
            return;
        }
        NodeDevice device = found.get();
        if (device.iommuGroup().isEmpty()) {
            findings.add(finding(
                    subject,
                    "VF " + vf + " is in no IOMMU group: the IOMMU is off",
                    "Enable VT-d or AMD-Vi in the firmware and, on Intel, boot with intel_iommu=on."));
        }
        if (device.driver().filter("vfio-pci"::equals).isEmpty()) {
            findings.add(finding(
                    subject,
                    "VF %s is bound to %s, not to vfio-pci"
                            .formatted(vf, device.driver().orElse("no driver")),
                    "Load the driver on the host with \"modprobe vfio-pci\"."));
        }
    }

    private static Finding noneFound(String subject, VmName vm, PciAddress vf) {
        return finding(
                subject,
                "VF " + vf + " is assigned to QEMU by libvirt, and no obstacle was found",
                "Read QEMU's log on the host, /var/log/libvirt/qemu/" + vm + ".log. If it reports missing interrupt"
                        + " remapping, enable that in the firmware: VFIO refuses every VF without it.");
    }

    private static Finding appArmor(String subject) {
        return finding(
                subject,
                "AppArmor profile of libvirt denies QEMU access to /dev/vfio for a VF from a libvirt network",
                DROP_IN);
    }

    private static Finding finding(String subject, String message, String remedy) {
        return Finding.of(FindingCode.VFIO_UNAVAILABLE, subject, message, remedy);
    }
}
