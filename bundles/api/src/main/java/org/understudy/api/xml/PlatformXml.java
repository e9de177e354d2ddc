// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.understudy.api.UnderstudyException;

/**
 * The platform of a definition as written: hypervisor, architecture, machine type and memory.
 *
 * @param hypervisor the {@code type} of {@code <domain>}
 * @param osType the element with architecture and machine type
 * @param arch empty text if it is missing
 * @param machine such as {@code q35} or {@code pc-i440fx-7.2}
 * @param memoryBytes empty if {@code <memory>} is missing or unreadable
 */
public record PlatformXml(
        Optional<String> hypervisor,
        Optional<XmlElement> osType,
        String arch,
        Optional<String> machine,
        OptionalLong memoryBytes) {
    private static final Set<String> QEMU = Set.of("qemu", "kvm", "hvf", "nvmm", "whpx");
    private static final Set<String> X86 = Set.of("x86_64", "i686");

    /** Architectures whose machine type with a PCIe root is {@code virt}. Source: qemuDomainHasPCIeRoot. */
    private static final Set<String> WITH_VIRT =
            Set.of("aarch64", "armv7l", "armv6l", "arm", "riscv64", "riscv32", "loongarch64");

    /**
     * {@return the platform of a definition}
     *
     * @param document the definition
     */
    public static PlatformXml of(DomainDocument document) {
        XmlElement root = document.root();
        Optional<XmlElement> osType = root.child("os").flatMap(os -> os.child("type"));
        return new PlatformXml(
                root.attribute("type"),
                osType,
                osType.flatMap(t -> t.attribute("arch")).orElse(""),
                osType.flatMap(t -> t.attribute("machine")),
                root.child("memory").map(MemoryXml::bytes).orElse(OptionalLong.empty()));
    }

    /**
     * {@return the platform of a definition; empty if it is not valid XML}
     *
     * @param definition the domain XML
     */
    public static Optional<PlatformXml> read(String definition) {
        try {
            return Optional.of(of(DomainDocument.parse(definition)));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }

    /** {@return true if the hypervisor is QEMU} */
    public boolean isQemu() {
        return hypervisor.filter(QEMU::contains).isPresent();
    }

    /** {@return true if the architecture is x86} */
    public boolean isX86() {
        return X86.contains(arch);
    }

    /** {@return true if the architecture has the machine type {@code virt} with PCIe} */
    public boolean isVirtArch() {
        return WITH_VIRT.contains(arch);
    }

    /** {@return true if the machine type is {@code virt} or one of its versions} */
    public boolean isVirt() {
        return machine.filter(m -> m.equals("virt") || m.startsWith("virt-")).isPresent();
    }

    /** {@return true if the machine type is {@code q35} or one of its versions} */
    public boolean isQ35() {
        return machine.filter(PlatformXml::isQ35).isPresent();
    }

    /**
     * {@return true for {@code q35} or one of its versions}
     *
     * @param machine a machine type
     */
    public static boolean isQ35(String machine) {
        // Source: qemuDomainMachineIsQ35.
        return machine.equals("q35") || machine.startsWith("pc-q35");
    }
}
