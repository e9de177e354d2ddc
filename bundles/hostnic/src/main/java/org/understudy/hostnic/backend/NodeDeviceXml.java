// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** An element of libvirt's device XML. */
record NodeDeviceXml(Element element) {
    /**
     * Parses concatenated documents of libvirt.
     *
     * @param failures receives the failure of each document that cannot be parsed
     * @return the root elements
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} if none can be parsed
     */
    static List<NodeDeviceXml> documents(String text, Consumer<UnderstudyException> failures) {
        try {
            return parse(text);
        } catch (UnderstudyException whole) {
            List<NodeDeviceXml> found = new ArrayList<>();
            List<UnderstudyException> failed = new ArrayList<>();
            for (String one : text.split("(?<=</device>)")) {
                try {
                    found.addAll(parse(one));
                } catch (UnderstudyException e) {
                    failed.add(e);
                }
            }
            if (found.isEmpty()) {
                throw whole;
            }
            failed.forEach(failures);
            return found;
        }
    }

    private static List<NodeDeviceXml> parse(String text) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            // The default handler writes to standard error.
            builder.setErrorHandler(new DefaultHandler());
            String one = "<devices>" + text + "</devices>";
            return new NodeDeviceXml(builder.parse(new InputSource(new StringReader(one)))
                            .getDocumentElement())
                    .children("device");
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE, "Device XML from libvirt cannot be parsed: " + e.getMessage(), e);
        }
    }

    List<NodeDeviceXml> children(String name) {
        List<NodeDeviceXml> found = new ArrayList<>();
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element child && child.getTagName().equals(name)) {
                found.add(new NodeDeviceXml(child));
            }
        }
        return found;
    }

    Optional<NodeDeviceXml> child(String name) {
        return children(name).stream().findFirst();
    }

    /** The capability of a type, such as {@code pci}, directly in this element. */
    Optional<NodeDeviceXml> capability(String type) {
        return children("capability").stream()
                .filter(c -> c.attribute("type").filter(type::equals).isPresent())
                .findFirst();
    }

    Optional<String> text(String child) {
        return child(child).map(c -> c.element.getTextContent().strip()).filter(t -> !t.isEmpty());
    }

    Optional<String> attribute(String name) {
        return Optional.of(element.getAttribute(name)).filter(value -> !value.isEmpty());
    }

    OptionalInt number(String attribute) {
        return attribute(attribute)
                .map(NodeDeviceXml::decoded)
                .map(OptionalInt::of)
                .orElseGet(OptionalInt::empty);
    }

    /** Four digits, such as {@code 8086}, of a child with {@code id='0x8086'}. */
    String id(String child) {
        return child(child)
                .flatMap(c -> c.attribute("id"))
                .map(id -> id.replaceFirst("^0x", ""))
                .orElse("");
    }

    /** PCI address in a capability {@code pci}. */
    PciAddress pciAddress() {
        return address(
                required(text("domain")), required(text("bus")), required(text("slot")), required(text("function")));
    }

    /** The elements {@code <address>} in this one. */
    List<PciAddress> addresses() {
        return children("address").stream()
                .map(a -> address(
                        required(a.attribute("domain")),
                        required(a.attribute("bus")),
                        required(a.attribute("slot")),
                        required(a.attribute("function"))))
                .toList();
    }

    private static PciAddress address(String domain, String bus, String slot, String function) {
        return new PciAddress(longDecoded(domain), decoded(bus), decoded(slot), decoded(function));
    }

    private static String required(Optional<String> part) {
        return part.orElseThrow(() -> new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "Device XML from libvirt has a PCI device without an address"));
    }

    private static int decoded(String text) {
        long number = longDecoded(text);
        return number == (int) number ? (int) number : -1;
    }

    private static long longDecoded(String text) {
        try {
            return Long.decode(text);
        } catch (NumberFormatException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE, "Device XML from libvirt has '" + text + "' instead of a number", e);
        }
    }
}
