// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.understudy.api.PciAddress;

/** Reads PCI addresses and controllers as libvirt writes them. Unreadable values are unknown. */
public final class PciXml {
    // Tried with libvirt 9.0; source: virStrToLong_uip with base 0, which accepts blanks before a number only.
    private static final Pattern NUMBER = Pattern.compile("\\s*\\+?(?:0[xX][0-9a-fA-F]+|[0-9]+)");

    private PciXml() {}

    /**
     * {@return the {@code <address type='pci'>} of a device in the guest}
     *
     * @param device the device
     */
    public static Optional<XmlElement> guestElement(XmlElement device) {
        return device.children("address").stream()
                .filter(a -> a.attributeOr("type", "").equals("pci"))
                .findFirst();
    }

    /**
     * {@return the address of a device in the guest; empty if the host selects it}
     *
     * @param device the device
     */
    public static Optional<PciAddress> guestAddress(XmlElement device) {
        return guestElement(device).flatMap(PciXml::address).filter(PciXml::isSet);
    }

    /**
     * {@return the element with the address of a passed-through device on the host}
     *
     * @param device the device
     */
    public static Optional<XmlElement> hostElement(XmlElement device) {
        // Devices of other kinds have addresses of other kinds there, without a type.
        boolean other =
                device.is("hostdev") && !device.attributeOr("type", "pci").equals("pci");
        return device.child("source")
                .filter(source -> !other)
                .flatMap(source -> source.child("address"))
                .filter(a -> a.attributeOr("type", "pci").equals("pci"));
    }

    /**
     * {@return the address of a passed-through device on the host, if the definition has it}
     *
     * @param device the device
     */
    public static Optional<PciAddress> hostAddress(XmlElement device) {
        return hostElement(device).flatMap(PciXml::address);
    }

    /**
     * {@return the PCI controllers by index, which is the number of the bus behind the controller; the first wins}
     *
     * @param document the definition
     */
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

    /**
     * {@return true for a PCI controller}
     *
     * @param device the device
     */
    public static boolean isController(XmlElement device) {
        return device.is("controller") && device.attributeOr("type", "").equals("pci");
    }

    // Source: virPCIDeviceAddressIsEmpty; libvirt replaces an all-zero address.
    private static boolean isSet(PciAddress address) {
        return !address.equals(new PciAddress(0, 0, 0, 0));
    }

    private static Optional<PciAddress> address(XmlElement element) {
        return address(element::attribute);
    }

    /**
     * Reads the parts of an address.
     *
     * @param attribute the value of {@code domain}, {@code bus}, {@code slot} or {@code function}; a missing part is 0
     * @return the address; empty if a part is not a number, or out of range
     */
    public static Optional<PciAddress> address(Function<String, Optional<String>> attribute) {
        int domain = part(attribute.apply("domain"), 0xffff);
        int bus = part(attribute.apply("bus"), 0xff);
        int slot = part(attribute.apply("slot"), 0x1f);
        int function = part(attribute.apply("function"), 7);
        return domain < 0 || bus < 0 || slot < 0 || function < 0
                ? Optional.empty()
                : Optional.of(new PciAddress(domain, bus, slot, function));
    }

    /** A missing part is 0, an unreadable one -1. */
    private static int part(Optional<String> written, int max) {
        return written.map(text -> number(text).filter(n -> n <= max).orElse(-1))
                .orElse(0);
    }

    /**
     * {@return a number in hexadecimal with 0x, octal with 0, or decimal; empty if it is none, or negative}
     *
     * @param text the number
     */
    public static Optional<Integer> number(String text) {
        try {
            return Optional.of(text).filter(t -> NUMBER.matcher(t).matches()).map(t -> Integer.decode(t.strip()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
