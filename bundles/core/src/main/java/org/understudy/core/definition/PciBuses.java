// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/** The PCI buses of a machine. The index of a controller is the number of the bus behind it. */
public final class PciBuses {
    /** Source: the PCI specification, bus numbers have eight bits. */
    private static final int MAX_BUS = 255;

    private PciBuses() {}

    /**
     * The index of a new root port: after all others, otherwise the first gap. A bus that only the address of a device
     * refers to is in use, because the host adds its controller.
     */
    public static OptionalInt free(DomainDocument document, List<Finding> findings) {
        BitSet taken = taken(document);
        int index = taken.length() <= MAX_BUS ? taken.length() : taken.nextClearBit(0);
        if (index <= MAX_BUS) {
            return OptionalInt.of(index);
        }
        findings.add(Finding.of(
                FindingCode.NO_PCIE_SLOT_LEFT,
                "devices",
                "All " + MAX_BUS + " PCI buses of the machine are in use, and the primary requires its own bus",
                "Remove a PCI controller that has no device."));
        return OptionalInt.empty();
    }

    private static BitSet taken(DomainDocument document) {
        BitSet taken = new BitSet();
        // pcie-root, which each q35 and virt machine has even if it is not in the document.
        taken.set(0);
        IntStream controllers = PciXml.controllers(document).keySet().stream().mapToInt(Integer::intValue);
        IntStream.concat(controllers, used(document.devices().stream()))
                .filter(bus -> bus <= MAX_BUS)
                .forEach(taken::set);
        return taken;
    }

    /** The buses of devices. */
    public static IntStream used(Stream<XmlElement> devices) {
        return devices.flatMap(device -> PciXml.guestElement(device).stream())
                .flatMap(address -> address.attribute("bus").stream())
                .flatMap(bus -> PciXml.number(bus).stream())
                .mapToInt(Integer::intValue);
    }

    /** Whether a device is the root port with this index. */
    public static boolean isRootPort(XmlElement device, int index) {
        return device.is("controller")
                && device.attributeOr("model", "").equals("pcie-root-port")
                && device.attributeOr("index", "").equals(Integer.toString(index));
    }
}
