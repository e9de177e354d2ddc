// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.io.IOException;
import java.io.StringReader;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A document of libvirt's that is only read, such as its capabilities. Used by one thread. */
final class LibvirtXml {
    private final Document document;

    private LibvirtXml(Document document) {
        this.document = document;
    }

    static LibvirtXml parse(String xml) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return new LibvirtXml(factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml))));
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new UnderstudyException(
                    ErrorCode.MALFORMED_XML, "libvirt's answer can't be read: " + e.getMessage(), e);
        }
    }

    /** The text of every node of an XPath, sorted, each once. */
    Set<String> values(String path) {
        try {
            NodeList nodes =
                    (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, document, XPathConstants.NODESET);
            Set<String> values = new TreeSet<>();
            for (int i = 0; i < nodes.getLength(); i++) {
                values.add(nodes.item(i).getTextContent().strip());
            }
            return values;
        } catch (XPathExpressionException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, "the path " + path + " is wrong: " + e.getMessage(), e);
        }
    }
}
