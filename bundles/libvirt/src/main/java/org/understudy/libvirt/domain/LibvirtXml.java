// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.io.IOException;
import java.io.StringReader;
import java.lang.ref.SoftReference;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.xml.PciXml;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A read-only XML document of libvirt, such as its capabilities. Used by one thread. */
final class LibvirtXml {
    /** Those that no thread uses: to make them takes longer than to read a document. They are dropped when memory is short. */
    private static final Queue<SoftReference<Tools>> TOOLS = new ConcurrentLinkedQueue<>();

    private final Document document;

    private LibvirtXml(Document document) {
        this.document = document;
    }

    private record Tools(DocumentBuilder parser, XPath paths) {
        static Tools create() {
            try {
                DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
                factory.setNamespaceAware(true);
                factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
                factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
                return new Tools(
                        factory.newDocumentBuilder(),
                        XPathFactory.newDefaultInstance().newXPath());
            } catch (ParserConfigurationException e) {
                throw new UnderstudyException(ErrorCode.INTERNAL, "The XML parser of this JDK cannot be used", e);
            }
        }

        static Tools take() {
            return Optional.ofNullable(TOOLS.poll()).map(SoftReference::get).orElseGet(Tools::create);
        }

        /** Not called after an error. */
        void putBack() {
            parser.reset();
            paths.reset();
            TOOLS.add(new SoftReference<>(this));
        }
    }

    static LibvirtXml parse(String xml) {
        Tools tools = Tools.take();
        try {
            LibvirtXml document = new LibvirtXml(tools.parser().parse(new InputSource(new StringReader(xml))));
            tools.putBack();
            return document;
        } catch (SAXException | IOException e) {
            throw new UnderstudyException(
                    ErrorCode.MALFORMED_XML, "XML from libvirt cannot be parsed: " + e.getMessage(), e);
        }
    }

    /** Distinct texts of the nodes of an XPath, sorted. */
    Set<String> values(String path) {
        return nodes(path).map(node -> node.getTextContent().strip()).collect(Collectors.toCollection(TreeSet::new));
    }

    /** PCI addresses in the elements of an XPath, in document order. Source: libvirt's device address of type pci. */
    List<PciAddress> pciAddresses(String path) {
        return nodes(path).map(Element.class::cast).map(LibvirtXml::pciAddress).toList();
    }

    private static PciAddress pciAddress(Element address) {
        return PciXml.address(part -> Optional.of(address.getAttribute(part)).filter(text -> !text.isEmpty()))
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.MALFORMED_XML, "XML from libvirt has an address that is not a PCI address"));
    }

    /** Formats an address as {@link #pciAddresses} reads it. */
    static String of(PciAddress vf) {
        return "<address type='pci' domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>"
                .formatted(vf.domain(), vf.bus(), vf.slot(), vf.function());
    }

    private Stream<Node> nodes(String path) {
        Tools tools = Tools.take();
        try {
            NodeList nodes = (NodeList) tools.paths().evaluate(path, document, XPathConstants.NODESET);
            tools.putBack();
            return IntStream.range(0, nodes.getLength()).mapToObj(nodes::item);
        } catch (XPathExpressionException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, "XPath " + path + " is invalid: " + e.getMessage(), e);
        }
    }
}
