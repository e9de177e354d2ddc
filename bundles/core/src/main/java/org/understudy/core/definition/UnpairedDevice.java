// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.List;
import java.util.Set;
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
    private static final Set<String> PASSED_THROUGH = Set.of("pci", "mdev");

    /**
     * The devices of a definition.
     *
     * @param vfNetworks networks of the host that hand out VFs
     */
    public static List<UnpairedDevice> of(String definition, Set<String> vfNetworks) {
        return DomainDocument.parse(definition).devices().stream()
                .filter(device -> isPassedThrough(device, vfNetworks))
                .filter(device -> device.childAttribute("teaming", "type")
                        .filter("transient"::equals)
                        .isEmpty())
                .map(device -> new UnpairedDevice(label(device), device.is("interface")))
                .toList();
    }

    private static boolean isPassedThrough(XmlElement device, Set<String> vfNetworks) {
        String type = device.attributeOr("type", "");
        return device.is("hostdev") && PASSED_THROUGH.contains(type)
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
