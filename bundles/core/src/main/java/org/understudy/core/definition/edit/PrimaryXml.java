// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.ArrayList;
import java.util.List;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.api.xml.XmlText;

/**
 * Writes the element of a primary in each form.
 *
 * @param inner the whitespace before its children
 * @param outer the whitespace before its end tag
 */
record PrimaryXml(DomainDocument document, XmlElement standby, PairRequestRecord request, String inner, String outer) {

    String poolNetwork() {
        return element(
                "interface type='network'",
                List.of(mac(), "<source network='" + XmlText.encode(request.pool()) + "'/>"),
                copiesOf("vlan"));
    }

    String hostdevInterface(PciAddress vf) {
        return element(
                "interface type='hostdev' managed='yes'",
                List.of(mac(), "<source>" + address(vf, " type='pci'") + "</source>"),
                copiesOf("vlan"));
    }

    String plainHostdev(PciAddress vf) {
        return element(
                "hostdev mode='subsystem' type='pci' managed='yes'",
                List.of("<source>" + address(vf, "") + "</source>"),
                List.of());
    }

    String emulated(String model) {
        List<String> start = new ArrayList<>();
        start.add(mac());
        start.addAll(copiesOf("source"));
        // Without its parameters: the id of the port must be unique.
        standby.childAttribute("virtualport", "type")
                .filter("openvswitch"::equals)
                .ifPresent(type -> start.add("<virtualport type='openvswitch'/>"));
        start.add("<model type='" + XmlText.encode(model) + "'/>");
        start.addAll(copiesOf("vlan"));
        // No <mtu>: only virtio models have that setting.
        return element("interface type='" + XmlText.encode(standby.attributeOr("type", "")) + "'", start, List.of());
    }

    private String element(String startTag, List<String> first, List<String> then) {
        List<String> children = new ArrayList<>(first);
        children.addAll(then);
        children.add("<teaming type='transient' persistent='" + XmlText.encode(request.standby()) + "'/>");
        children.add("<alias name='" + request.primary() + "'/>");
        children.add("<rom enabled='no'/>");
        children.add("<address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' function='0x0'/>"
                .formatted(request.rootPort()));
        String name = startTag.substring(0, startTag.indexOf(' '));
        return "<" + startTag + ">" + inner + String.join(inner, children) + outer + "</" + name + ">";
    }

    private String mac() {
        return "<mac address='"
                + XmlText.encode(standby.childAttribute("mac", "address").orElse("")) + "'/>";
    }

    private List<String> copiesOf(String child) {
        return standby.children(child).stream().map(document::raw).toList();
    }

    private static String address(PciAddress vf, String type) {
        return "<address%s domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>"
                .formatted(type, vf.domain(), vf.bus(), vf.slot(), vf.function());
    }
}
