// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lint;

import java.util.Optional;
import java.util.Set;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;

/**
 * The machine a definition asks for.
 *
 * @param name for people
 * @param pcie whether it has PCIe slots a primary can be unplugged from
 */
record Machine(String name, Pcie pcie) {
    enum Pcie {
        YES,
        NO,
        UNKNOWN
    }

    private static final Set<String> QEMU = Set.of("qemu", "kvm", "hvf", "nvmm", "whpx");
    private static final Set<String> X86 = Set.of("x86_64", "i686");

    /** Architectures whose machine {@code virt} is the one with a PCIe root. Source: qemuDomainHasPCIeRoot. */
    private static final Set<String> WITH_VIRT =
            Set.of("aarch64", "armv7l", "armv6l", "arm", "riscv64", "riscv32", "loongarch64");

    private static final Set<String> WITHOUT_PCIE =
            Set.of("s390x", "s390", "ppc64", "ppc64le", "ppc", "sparc", "sparc64");

    static Machine of(DomainDocument document) {
        Optional<String> hypervisor = document.root().attribute("type");
        if (hypervisor.isPresent() && !QEMU.contains(hypervisor.get())) {
            return new Machine("hypervisor type " + Shown.quoted(hypervisor.get()), Pcie.NO);
        }
        Optional<XmlElement> type = document.root().child("os").flatMap(os -> os.child("type"));
        String arch = type.flatMap(t -> t.attribute("arch")).orElse("");
        Optional<String> machine = type.flatMap(t -> t.attribute("machine"));
        String name = machine.map(m -> "machine type " + Shown.quoted(m)).orElse("no machine type named")
                + (arch.isEmpty() ? "" : " on " + Shown.cut(arch));
        return new Machine(name, pcie(arch, machine));
    }

    static boolean isX86(DomainDocument document) {
        return document.root()
                .child("os")
                .flatMap(os -> os.childAttribute("type", "arch"))
                .filter(X86::contains)
                .isPresent();
    }

    private static Pcie pcie(String arch, Optional<String> machine) {
        if (WITHOUT_PCIE.contains(arch)) {
            return Pcie.NO;
        }
        if (WITH_VIRT.contains(arch)) {
            return machine.map(Machine::ofVirtArch).orElse(Pcie.UNKNOWN);
        }
        if (X86.contains(arch)) {
            // libvirt takes pc where nothing is said.
            return ofPc(machine.orElse("pc"));
        }
        return arch.isEmpty() ? machine.map(Machine::ofPc).orElse(Pcie.UNKNOWN) : Pcie.UNKNOWN;
    }

    private static Pcie ofVirtArch(String machine) {
        if (machine.equals("virt") || machine.startsWith("virt-")) {
            return Pcie.YES;
        }
        return machine.equals("sbsa-ref") ? Pcie.UNKNOWN : Pcie.NO;
    }

    // Source: qemuDomainMachineIsQ35 and qemuDomainMachineIsI440FX.
    private static Pcie ofPc(String machine) {
        if (machine.equals("q35") || machine.startsWith("pc-q35")) {
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
