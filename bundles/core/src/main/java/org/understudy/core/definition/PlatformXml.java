// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.understudy.api.UnderstudyException;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;

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

    public static PlatformXml of(DomainDocument document) {
        XmlElement root = document.root();
        Optional<XmlElement> osType = root.child("os").flatMap(os -> os.child("type"));
        return new PlatformXml(
                root.attribute("type"),
                osType,
                osType.flatMap(t -> t.attribute("arch")).orElse(""),
                osType.flatMap(t -> t.attribute("machine")),
                root.child("memory").map(PlatformXml::bytes).orElse(OptionalLong.empty()));
    }

    /** Reads a definition; empty if it is not valid XML. */
    public static Optional<PlatformXml> read(String definition) {
        try {
            return Optional.of(of(DomainDocument.parse(definition)));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }

    /** Whether the hypervisor is QEMU. */
    public boolean isQemu() {
        return hypervisor.filter(QEMU::contains).isPresent();
    }

    public boolean isX86() {
        return X86.contains(arch);
    }

    /** Whether the architecture has the machine type {@code virt} with PCIe. */
    public boolean isVirtArch() {
        return WITH_VIRT.contains(arch);
    }

    public boolean isVirt() {
        return machine.filter(m -> m.equals("virt") || m.startsWith("virt-")).isPresent();
    }

    // Source: qemuDomainMachineIsQ35.
    public boolean isQ35() {
        return machine.filter(m -> m.equals("q35") || m.startsWith("pc-q35")).isPresent();
    }

    /** Source: libvirt's virScaleInteger and {@code formatdomain}, memory: the default unit is KiB. */
    private static OptionalLong bytes(XmlElement memory) {
        Optional<BigDecimal> unit = unit(memory.attributeOr("unit", "KiB"));
        try {
            long amount = Long.parseLong(memory.content().strip());
            return unit.isPresent() && amount >= 0
                    ? OptionalLong.of(
                            unit.get().multiply(BigDecimal.valueOf(amount)).longValueExact())
                    : OptionalLong.empty();
        } catch (ArithmeticException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** A single letter and a letter with iB are powers of 1024, a letter with B is a power of 1000. */
    private static Optional<BigDecimal> unit(String name) {
        String unit = name.toLowerCase(Locale.ROOT);
        if (unit.equals("b") || unit.equals("bytes")) {
            return Optional.of(BigDecimal.ONE);
        }
        int power = unit.isEmpty() ? 0 : "kmgtpe".indexOf(unit.charAt(0)) + 1;
        return switch (unit.isEmpty() ? "" : unit.substring(1)) {
            case "", "ib" -> scale(1024, power);
            case "b" -> scale(1000, power);
            default -> Optional.empty();
        };
    }

    private static Optional<BigDecimal> scale(int base, int power) {
        return power == 0
                ? Optional.empty()
                : Optional.of(BigDecimal.valueOf(base).pow(power));
    }
}
