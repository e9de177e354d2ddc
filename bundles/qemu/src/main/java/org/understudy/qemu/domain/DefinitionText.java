// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.w3c.dom.Document;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/** Turns the text of a definition into a document and back, without ever following a reference out of it. */
final class DefinitionText {
    /** Larger than any definition libvirt writes, small enough to be parsed in no time. */
    private static final int MAX_CHARS = 4 * 1024 * 1024;

    private DefinitionText() {}

    /**
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML} with line and column, {@link ErrorCode#XML_REFUSED}
     *     for a document type declaration or too long a text
     */
    static Document parse(String xml) {
        if (xml.length() > MAX_CHARS) {
            throw new UnderstudyException(
                    ErrorCode.XML_REFUSED,
                    "the definition has %d characters; at most %d are read".formatted(xml.length(), MAX_CHARS));
        }
        DocumentBuilder builder = builder();
        Document document = read(builder, xml);
        if (document.getDoctype() != null) {
            throw new UnderstudyException(ErrorCode.XML_REFUSED, "the definition has a document type declaration");
        }
        return document;
    }

    private static Document read(DocumentBuilder builder, String xml) {
        try {
            return builder.parse(new InputSource(new StringReader(xml)));
        } catch (SAXParseException e) {
            throw new UnderstudyException(
                    ErrorCode.MALFORMED_XML,
                    "the definition can't be read at line %d, column %d: %s"
                            .formatted(e.getLineNumber(), e.getColumnNumber(), e.getMessage()),
                    e);
        } catch (SAXException | IOException e) {
            throw new UnderstudyException(
                    ErrorCode.MALFORMED_XML, "the definition can't be read: " + e.getMessage(), e);
        }
    }

    private static DocumentBuilder builder() {
        try {
            // Karaf endorses an older javax.xml, which lacks newDefaultNSInstance and newDefaultInstance.
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
            factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
            factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
            factory.setExpandEntityReferences(false);
            factory.setXIncludeAware(false);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(new Thrower());
            return builder;
        } catch (ParserConfigurationException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, "this Java has no safe XML parser", e);
        }
    }

    static String write(Document document) {
        try {
            TransformerFactory factory = TransformerFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            Transformer transformer = factory.newTransformer();
            transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            StringWriter out = new StringWriter();
            transformer.transform(new DOMSource(document), new StreamResult(out));
            return out.toString();
        } catch (TransformerException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, "the definition can't be written", e);
        }
    }

    private static final class Thrower implements ErrorHandler {
        @Override
        public void warning(SAXParseException e) {
            // A warning does not change what was read.
        }

        @Override
        public void error(SAXParseException e) throws SAXParseException {
            throw e;
        }

        @Override
        public void fatalError(SAXParseException e) throws SAXParseException {
            throw e;
        }
    }
}
