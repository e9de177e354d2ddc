// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.Optional;
import java.util.Set;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PlatformXml;

/**
 * The machine type of a definition.
 *
 * @param name in words, for a message
 * @param pcie whether it has PCIe slots from which a primary can be unplugged
 */
record MachineSpec(String name, Pcie pcie) {
    enum Pcie {
        YES,
        NO,
        UNKNOWN
    }

    private static final Set<String> WITHOUT_PCIE =
            Set.of("s390x", "s390", "ppc64", "ppc64le", "ppc", "sparc", "sparc64");

    static MachineSpec of(DomainDocument document) {
        PlatformXml platform = PlatformXml.of(document);
        if (platform.hypervisor().isPresent() && !platform.isQemu()) {
            return new MachineSpec(
                    "hypervisor type "
                            + DisplayText.quoted(platform.hypervisor().get()),
                    Pcie.NO);
        }
        String name = platform.machine()
                        .map(m -> "machine type " + DisplayText.quoted(m))
                        .orElse("no machine type")
                + (platform.arch().isEmpty() ? "" : " on " + DisplayText.cut(platform.arch()));
        return new MachineSpec(name, pcie(platform));
    }

    private static Pcie pcie(PlatformXml platform) {
        Optional<String> machine = platform.machine();
        if (WITHOUT_PCIE.contains(platform.arch())) {
            return Pcie.NO;
        }
        if (platform.isVirtArch()) {
            return machine.map(m -> ofVirtArch(platform, m)).orElse(Pcie.UNKNOWN);
        }
        if (platform.isX86()) {
            // The default of libvirt is pc.
            return ofPc(platform, machine.orElse("pc"));
        }
        return platform.arch().isEmpty() ? machine.map(m -> ofPc(platform, m)).orElse(Pcie.UNKNOWN) : Pcie.UNKNOWN;
    }

    private static Pcie ofVirtArch(PlatformXml platform, String machine) {
        if (platform.isVirt()) {
            return Pcie.YES;
        }
        return machine.equals("sbsa-ref") ? Pcie.UNKNOWN : Pcie.NO;
    }

    // Source: qemuDomainMachineIsI440FX.
    private static Pcie ofPc(PlatformXml platform, String machine) {
        if (platform.isQ35()) {
            return Pcie.YES;
        }
        boolean conventional =
                Set.of("pc", "isapc", "microvm", "xenfv", "xenpv").contains(machine)
                        || machine.startsWith("pc-i440")
                        || machine.startsWith("pc-0.")
                        || machine.startsWith("pc-1.")
                        || machine.startsWith("rhel");
        return conventional ? Pcie.NO : Pcie.UNKNOWN;
    }
}
