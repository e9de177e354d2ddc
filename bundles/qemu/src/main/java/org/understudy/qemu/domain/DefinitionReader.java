// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.MemoryXml;
import org.understudy.api.xml.PlatformXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.qemu.domain.Domain.Memory;
import org.understudy.qemu.process.VmFolder;

/** Reads a domain XML. */
public final class DefinitionReader {
    private final FindingCollector collector = new FindingCollector();

    private DefinitionReader() {}

    /** A domain and its findings; a domain with a finding of severity error must not be started. */
    public record Reading(Domain domain, List<Finding> findings) {}

    /**
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}, or {@link
     *     ErrorCode#INVALID_ARGUMENT} if the name or UUID is malformed
     */
    public static Reading read(String xml) {
        DefinitionReader reader = new DefinitionReader();
        Domain domain = reader.domain(DomainDocument.parse(xml).root());
        return new Reading(domain, reader.collector.all());
    }

    private Domain domain(XmlElement element) {
        StrictElement root = new StrictElement(element, "/domain", collector);
        root.ignoreChildren("title", "description", "metadata");
        root.attribute("id");
        boolean kvm = root.choice("type", "qemu", "kvm").equals("kvm");
        PlatformReader platform = new PlatformReader(root);
        PlatformReader.Os os = platform.os();
        Domain domain = new Domain(
                name(root, element),
                root.textOf("uuid").map(DefinitionReader::uuid),
                kvm,
                memory(root),
                platform.vcpus(),
                platform.machine(os),
                os.firmware(),
                os.directBoot(),
                platform.cpu(),
                platform.lifecycle(),
                os.bootDevices(),
                platform.options(os),
                devices(root, PlatformXml.isQ35(os.machine()), emulatedPrimaries(element)));
        security(root);
        root.reportUnread();
        crossCheck(domain);
        return domain;
    }

    /** With its blanks, as every other reader. */
    private static VmName name(StrictElement root, XmlElement element) {
        root.textOf("name");
        VmName name = new VmName(element.child("name").map(XmlElement::text).orElse(""));
        VmFolder.requireUsable(name);
        return name;
    }

    /** Reads 16 bytes in hexadecimal, with hyphens before any of them, as libvirt's virUUIDParse does. */
    private static UUID uuid(String text) {
        String stripped = text.strip();
        if (!stripped.matches("(-*[0-9A-Fa-f]{2}){16}")) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Element <uuid>: '" + text + "' is not a UUID");
        }
        String digits = stripped.replace("-", "");
        return new UUID(
                Long.parseUnsignedLong(digits.substring(0, 16), 16), Long.parseUnsignedLong(digits.substring(16), 16));
    }

    private Memory memory(StrictElement root) {
        long total = root.child("memory").map(this::kib).orElse(0L);
        if (total < 1024) {
            collector.incomplete("/domain/memory", "The VM has no memory", "Set <memory> to at least 1 MiB.");
        }
        long current = root.child("currentMemory").map(this::kib).orElse(total);
        return new Memory(total, Math.min(total, current));
    }

    private long kib(StrictElement element) {
        String amount = element.text();
        String unit = element.attribute("unit").orElse(MemoryXml.DEFAULT_UNIT);
        if (!MemoryXml.isUnit(unit)) {
            collector.unsupported(
                    element.path() + "/@unit",
                    unit,
                    "Set unit='MiB' or another unit of libvirt on " + element.path() + ".");
            return 0;
        }
        OptionalLong bytes = MemoryXml.bytes(amount, unit);
        if (bytes.isEmpty()) {
            collector.unsupported(
                    element.path(), amount, "Set " + element.path() + " to a whole number of memory units.");
        }
        return bytes.orElse(0) / 1024;
    }

    private static List<Device> devices(StrictElement root, boolean pcie, Set<String> emulated) {
        Optional<StrictElement> section = root.child("devices");
        return section.map(s -> new DeviceReader(s, pcie, emulated).devices()).orElseGet(ArrayList::new);
    }

    /** The standby NICs for which Understudy recorded that their primary is emulated. */
    private static Set<String> emulatedPrimaries(XmlElement root) {
        return root.children("metadata").stream()
                .flatMap(metadata -> metadata.children().stream())
                .filter(pairs -> pairs.namespace().equals(DomainDocument.UNDERSTUDY))
                .flatMap(pairs -> pairs.children().stream())
                .filter(pair -> pair.attributeOr("kind", "").equals("emulated"))
                .flatMap(pair -> pair.attribute("standby").stream())
                .collect(Collectors.toSet());
    }

    private static void security(StrictElement root) {
        for (StrictElement label : root.children("seclabel")) {
            label.choice("type", "none");
            label.attribute("model");
        }
        root.child("resource")
                .flatMap(r -> r.child("partition"))
                .filter(p -> !p.text().equals("/machine"))
                .ifPresent(p -> p.collector().unsupported(p.path(), p.text(), "Remove <resource>."));
    }

    private void crossCheck(Domain domain) {
        if (domain.memory().current() < domain.memory().total()
                && domain.devices(Device.Balloon.class).findAny().isEmpty()) {
            collector.unsupported(
                    "/domain/currentMemory",
                    domain.memory().current() + " KiB",
                    "Add <memballoon model='virtio'/>, or set currentMemory to the value of memory.");
        }
        Set<Integer> orders = new HashSet<>();
        for (Device device : domain.devices()) {
            BootIndexes.order(device)
                    .filter(order -> order < 1 || !orders.add(order))
                    .ifPresent(order -> collector.unsupported(
                            device.place().path() + "/boot/@order",
                            String.valueOf(order),
                            "Set the attribute 'order' to a number from 1 that no other device has."));
        }
        if (!orders.isEmpty() && !domain.bootDevices().isEmpty()) {
            collector.unsupported(
                    "/domain/os/boot",
                    String.join(", ", domain.bootDevices()),
                    "Use either <os><boot/> or the <boot order=''/> of the devices, not both.");
        }
        if (IommuReader.lacksSplitIrqchip(domain)) {
            collector.unsupported(
                    "/domain/devices/iommu/driver/@intremap",
                    "on",
                    "Add <ioapic driver='qemu'/> to <features>: interrupt remapping under KVM needs it.");
        }
        Set<String> ids = new HashSet<>();
        domain.devices().stream()
                .filter(d -> !ids.add(d.id()))
                .forEach(d -> collector.unsupported(
                        d.place().path() + "/alias", d.id(), "Set a unique alias for each device."));
        PciRules.check(domain, collector);
    }
}
