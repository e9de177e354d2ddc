// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;

/** Reads PCI addresses and controllers as libvirt writes them. Unreadable values are unknown. */
public final class PciXml {
    private PciXml() {}

    /** The {@code <address type='pci'>} of a device in the guest. */
    public static Optional<XmlElement> guestElement(XmlElement device) {
        return device.children("address").stream()
                .filter(a -> a.attributeOr("type", "").equals("pci"))
                .findFirst();
    }

    /** The address of a device in the guest; empty if the host selects it. */
    public static Optional<PciAddress> guestAddress(XmlElement device) {
        return guestElement(device).flatMap(PciXml::address).filter(PciXml::isSet);
    }

    /** The element with the address of the passed-through device on the host. */
    public static Optional<XmlElement> hostElement(XmlElement device) {
        return device.child("source")
                .flatMap(source -> source.child("address"))
                .filter(a -> a.attributeOr("type", "pci").equals("pci"));
    }

    /** The address of the passed-through device on the host, if the definition has it. */
    public static Optional<PciAddress> hostAddress(XmlElement device) {
        return hostElement(device).flatMap(PciXml::address);
    }

    /** PCI controllers by index, which is the number of the bus behind the controller; the first wins. */
    public static Map<Integer, XmlElement> controllers(DomainDocument document) {
        Map<Integer, XmlElement> controllers = new HashMap<>();
        document.devices("controller").stream()
                .filter(PciXml::isController)
                .forEach(controller -> controller
                        .attribute("index")
                        .flatMap(PciXml::number)
                        .ifPresent(index -> controllers.putIfAbsent(index, controller)));
        return controllers;
    }

    public static boolean isController(XmlElement device) {
        return device.is("controller") && device.attributeOr("type", "").equals("pci");
    }

    // Source: virPCIDeviceAddressIsEmpty; libvirt replaces an all-zero address.
    private static boolean isSet(PciAddress address) {
        return !address.equals(new PciAddress(0, 0, 0, 0));
    }

    private static Optional<PciAddress> address(XmlElement xml) {
        int domain = part(xml, "domain", 0xffff);
        int bus = part(xml, "bus", 0xff);
        int slot = part(xml, "slot", 0x1f);
        int function = part(xml, "function", 7);
        return domain < 0 || bus < 0 || slot < 0 || function < 0
                ? Optional.empty()
                : Optional.of(new PciAddress(domain, bus, slot, function));
    }

    /** A missing part is 0, an unreadable one -1. */
    private static int part(XmlElement xml, String name, int max) {
        return xml.attribute(name)
                .map(text -> number(text).filter(n -> n <= max).orElse(-1))
                .orElse(0);
    }

    /** A number in hexadecimal with 0x, octal with 0, or decimal. Source: virStrToLong_uip with base 0. */
    public static Optional<Integer> number(String text) {
        try {
            return Optional.of(Integer.decode(text.strip())).filter(n -> n >= 0);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
