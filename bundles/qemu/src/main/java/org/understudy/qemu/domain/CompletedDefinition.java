// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.understudy.api.MacAddress;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * Adds to a definition what would otherwise change from one start to the next: UUID, MAC addresses, and the machine
 * type's version. libvirt does the same when a domain is defined.
 */
public final class CompletedDefinition {
    private final Document document;
    private boolean changed;

    private CompletedDefinition(String xml) {
        this.document = DefinitionText.parse(xml);
    }

    /**
     * @param machine the full name of a machine type
     * @return the same text, byte for byte, if nothing was missing
     */
    public static String of(String xml, UUID uuid, Supplier<MacAddress> macs, UnaryOperator<String> machine) {
        CompletedDefinition completed = new CompletedDefinition(xml);
        completed.uuid(uuid);
        completed.macs(macs);
        completed.machine(machine);
        return completed.text(xml);
    }

    /** The definition with the domain type that is really used, such as {@code qemu} where KVM is not usable. */
    public static String withType(String xml, String type) {
        CompletedDefinition completed = new CompletedDefinition(xml);
        Element root = completed.document.getDocumentElement();
        completed.set(root, "type", type);
        return completed.text(xml);
    }

    private String text(String original) {
        return changed ? DefinitionText.write(document) : original;
    }

    private void set(Element element, String attribute, String value) {
        if (!element.getAttribute(attribute).equals(value)) {
            element.setAttribute(attribute, value);
            changed = true;
        }
    }

    private void uuid(UUID uuid) {
        Element root = document.getDocumentElement();
        if (child(root, "uuid").isEmpty()) {
            Element element = document.createElement("uuid");
            element.setTextContent(uuid.toString());
            Node after = child(root, "name").map(Node::getNextSibling).orElse(root.getFirstChild());
            root.insertBefore(element, after);
            changed = true;
        }
    }

    private void macs(Supplier<MacAddress> macs) {
        NodeList interfaces = document.getDocumentElement().getElementsByTagName("interface");
        for (int i = 0; i < interfaces.getLength(); i++) {
            Element nic = (Element) interfaces.item(i);
            if (nic.getParentNode().getNodeName().equals("devices")
                    && child(nic, "mac").isEmpty()) {
                Element mac = document.createElement("mac");
                mac.setAttribute("address", macs.get().value());
                nic.insertBefore(mac, nic.getFirstChild());
                changed = true;
            }
        }
    }

    private void machine(UnaryOperator<String> fullName) {
        child(document.getDocumentElement(), "os")
                .flatMap(os -> child(os, "type"))
                .ifPresent(type -> {
                    String machine = type.getAttribute("machine");
                    set(type, "machine", fullName.apply(machine.isEmpty() ? "pc" : machine));
                });
    }

    private static Optional<Element> child(Element parent, String name) {
        for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element element && element.getNodeName().equals(name)) {
                return Optional.of(element);
            }
        }
        return Optional.empty();
    }
}
