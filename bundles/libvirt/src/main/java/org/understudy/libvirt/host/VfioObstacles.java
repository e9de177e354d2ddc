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
 * What may keep QEMU from opening a VF that libvirt has given to it. libvirt calls such a start or migration a success.
 *
 * @param confinement the security models of the host
 * @param vfio whether libvirt there finds that VFIO can be used; empty if it cannot tell
 * @param here the host's files, if it is this machine
 * @param devices looks for a device of the host
 */
record VfioObstacles(
        HostName host,
        List<String> confinement,
        Optional<Boolean> vfio,
        Optional<LocalVfioReader> here,
        Function<PciAddress, Optional<NodeDevice>> devices) {
    static final String DROP_IN = "Copy hooks/libvirt/apparmor/understudy-vfio to"
            + " /etc/apparmor.d/abstractions/libvirt-qemu.d/ there; it counts from the VM's next start.";

    /** What can be told without a VM. */
    List<Finding> ofHost() {
        List<Finding> findings = new ArrayList<>();
        ofVfio(subject(), findings);
        if (confinement.contains("apparmor")) {
            if (here.isEmpty()) {
                findings.add(found(
                                subject(),
                                "AppArmor confines QEMU on " + subject()
                                        + "; whether its profile lets QEMU open the VFs of"
                                        + " libvirt's networks can't be seen from here.",
                                DROP_IN)
                        .as(Severity.NOTICE));
            } else if (!here.get().letsQemuOpenVfs()) {
                findings.add(confined(subject()));
            }
        }
        return findings;
    }

    private String subject() {
        return "host " + host;
    }

    private void ofVfio(String subject, List<Finding> findings) {
        boolean lacking = here.isPresent()
                ? !here.get().hasVfio()
                : vfio.filter(yes -> !yes).isPresent();
        if (lacking) {
            findings.add(found(
                    subject,
                    "VFIO cannot be used on host " + host + ": the IOMMU is off, or VFIO is not loaded.",
                    "Turn the IOMMU on, and load VFIO: modprobe vfio-pci."));
        }
        if (here.flatMap(LocalVfioReader::remapsInterrupts).filter(yes -> !yes).isPresent()) {
            findings.add(found(
                    subject,
                    "The IOMMU does not remap interrupts, and VFIO refuses VFs without it.",
                    "Turn on interrupt remapping (VT-d, x2APIC) in the firmware; kernel option intremap=on."));
        }
    }

    /** What can be told of one VF of a VM. */
    List<Finding> of(VmName vm, Alias primary, VfUse use) {
        String subject = "primary " + primary + " on host " + host;
        List<Finding> findings = new ArrayList<>();
        use.vf().ifPresent(vf -> ofDevice(subject, vf, findings));
        ofVfio(subject, findings);
        boolean open = here.filter(LocalVfioReader::letsQemuOpenVfs).isPresent();
        if (use.confinedWithoutName() && !open) {
            findings.add(confined(subject));
        }
        if (use.memoryLimitTooLow()) {
            findings.add(found(
                    subject,
                    "The VM's <hard_limit> is below its memory, and VFIO locks all of that.",
                    "Remove <hard_limit>, or raise it to the VM's memory and 1 GiB more."));
        }
        if (findings.isEmpty() && use.vf().isPresent()) {
            findings.add(unseen(subject, vm, use.vf().get()));
        }
        return findings;
    }

    private void ofDevice(String subject, PciAddress vf, List<Finding> findings) {
        Optional<NodeDevice> found = devices.apply(vf);
        if (found.isEmpty()) {
            findings.add(found(subject, "The host has no device " + vf + ".", "Look for the VFs of its PF."));
            return;
        }
        NodeDevice device = found.get();
        if (device.iommuGroup().isEmpty()) {
            findings.add(found(
                    subject,
                    "VF " + vf + " is in no IOMMU group: the IOMMU is off.",
                    "Turn on VT-d or AMD-Vi in the firmware and, on Intel, boot with intel_iommu=on."));
        }
        if (device.driver().filter("vfio-pci"::equals).isEmpty()) {
            findings.add(found(
                    subject,
                    "VF %s is bound to %s, not to vfio-pci."
                            .formatted(vf, device.driver().orElse("no driver")),
                    "Load it on the host: modprobe vfio-pci."));
        }
    }

    private static Finding unseen(String subject, VmName vm, PciAddress vf) {
        return found(
                subject,
                "libvirt gave VF " + vf + " to QEMU, and sees nothing that keeps QEMU from it.",
                "Read QEMU's log there, /var/log/libvirt/qemu/" + vm + ".log. Where it says that there is no interrupt"
                        + " remapping, turn that on in the firmware: VFIO refuses every VF without.");
    }

    private static Finding confined(String subject) {
        return found(
                subject,
                "AppArmor's profile of libvirt keeps QEMU from /dev/vfio for a VF that comes from a network.",
                DROP_IN);
    }

    private static Finding found(String subject, String message, String remedy) {
        return Finding.of(FindingCode.VFIO_UNAVAILABLE, subject, message, remedy);
    }
}
