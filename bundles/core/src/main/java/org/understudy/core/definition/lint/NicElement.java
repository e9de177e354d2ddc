// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.Optional;
import java.util.regex.Pattern;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.NicModel;

/**
 * A NIC of the document.
 *
 * @param xml an {@code <interface>}, or a {@code <hostdev>} with {@code <teaming>}
 * @param index position among the NICs, from 0
 * @param mac empty if it is missing or unreadable
 */
record NicElement(XmlElement xml, int index, Optional<MacAddress> mac) {
    // Source: virMacAddrParse, which accepts no blanks before it.
    private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}");

    static NicElement of(XmlElement xml, int index) {
        Optional<MacAddress> mac = xml.childAttribute("mac", "address")
                .filter(text -> MAC.matcher(text).matches())
                .map(MacAddress::new);
        return new NicElement(xml, index, mac);
    }

    boolean isInterface() {
        return xml.is("interface");
    }

    boolean isInterface(String type) {
        return isInterface() && xml.attributeOr("type", "").equals(type);
    }

    boolean isStandby() {
        return teamingType().equals("persistent");
    }

    boolean isPrimary() {
        return teamingType().equals("transient");
    }

    Optional<XmlElement> teaming() {
        return xml.child("teaming");
    }

    private String teamingType() {
        return xml.childAttribute("teaming", "type").orElse("");
    }

    Optional<String> alias() {
        return xml.childAttribute("alias", "name").filter(name -> !name.isEmpty());
    }

    /** The alias of the standby NIC that this primary refers to. */
    Optional<String> standbyAlias() {
        return xml.childAttribute("teaming", "persistent").filter(name -> !name.isEmpty());
    }

    Optional<String> model() {
        return xml.childAttribute("model", "type");
    }

    /** An emulated virtio NIC. */
    boolean isVirtio() {
        return isInterface() && !isInterface("hostdev") && NicModel.isVirtio(xml);
    }

    /** An attribute of {@code <source>}. */
    Optional<String> source(String attribute) {
        return xml.childAttribute("source", attribute);
    }

    /** The VF on the host, if the document names one. */
    Optional<PciAddress> hostAddress() {
        return PciXml.hostAddress(xml);
    }

    /** Such as {@code interface ua-standby0}, with the index if it has no alias. */
    String label() {
        return xml.name() + " " + alias().map(DisplayText::cut).orElse(Integer.toString(index));
    }

    /** The label at the start of a message. */
    String title() {
        return DisplayText.capitalized(label());
    }
}
