// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/**
 * A passed-through device that is no primary, so no guest releases it before a migration.
 *
 * @param label such as {@code interface 52:54:00:44:00:02 (0000:01:11.4)}
 * @param isNic whether the definition has it as a NIC
 */
public record UnpairedDevice(String label, boolean isNic) {
    /** Source: qemuMigrationSrcIsAllowedHostdev; USB devices can be on the destination too. */
    private static final Set<String> HOSTDEVS = Set.of("pci", "mdev", "scsi_host");

    /** A disk that QEMU drives itself, through VFIO. */
    private static final String NVME = "nvme";

    private static final String QEMU = "http://libvirt.org/schemas/domain/qemu/1.0";

    /**
     * The devices of a definition.
     *
     * @param vfNetworks networks of the host that hand out VFs
     */
    public static List<UnpairedDevice> of(String definition, Set<String> vfNetworks) {
        DomainDocument document = DomainDocument.parse(definition);
        Stream<UnpairedDevice> devices = document.devices().stream()
                .filter(device -> isPassedThrough(device, vfNetworks))
                .filter(device -> device.childAttribute("teaming", "type")
                        .filter("transient"::equals)
                        .isEmpty())
                .map(device -> new UnpairedDevice(label(device), device.is("interface")));
        return Stream.concat(devices, ofArguments(document)).toList();
    }

    /** Devices that libvirt does not know, because they are arguments for QEMU. */
    private static Stream<UnpairedDevice> ofArguments(DomainDocument document) {
        return document.root().children().stream()
                .filter(child ->
                        child.namespace().equals(QEMU) && child.localName().equals("commandline"))
                .flatMap(line -> line.children().stream())
                .flatMap(argument -> argument.attribute("value").stream())
                .filter(value -> value.contains("vfio-pci") && !value.contains("failover_pair_id"))
                .map(value -> new UnpairedDevice("commandline " + value, false));
    }

    private static boolean isPassedThrough(XmlElement device, Set<String> vfNetworks) {
        String type = device.attributeOr("type", "");
        return device.is("hostdev")
                        && (HOSTDEVS.contains(type)
                                || device.attributeOr("mode", "").equals("capabilities"))
                || device.is("disk") && type.equals(NVME)
                || device.is("interface")
                        && (type.equals("hostdev")
                                || device.child("teaming").isEmpty()
                                        && type.equals("network")
                                        && device.childAttribute("source", "network")
                                                .filter(vfNetworks::contains)
                                                .isPresent());
    }

    private static String label(XmlElement device) {
        String name = device.childAttribute("mac", "address")
                .or(() -> device.childAttribute("alias", "name"))
                .map(text -> " " + text)
                .orElse("");
        String source = PciXml.hostAddress(device)
                .map(PciAddress::toString)
                .or(() -> device.childAttribute("source", "network"))
                .map(text -> name.isEmpty() ? " " + text : " (" + text + ")")
                .orElse("");
        return device.name() + name + source;
    }
}
