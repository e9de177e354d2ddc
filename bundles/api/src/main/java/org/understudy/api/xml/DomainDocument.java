// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.io.IOException;
import java.io.StringReader;
import java.lang.ref.SoftReference;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.xml.XMLConstants;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParser;
import javax.xml.parsers.SAXParserFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.xml.sax.Attributes;
import org.xml.sax.InputSource;
import org.xml.sax.Locator;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.ext.Locator2;
import org.xml.sax.helpers.DefaultHandler;

/**
 * A libvirt domain XML with the position of every element, so that an edit leaves all other bytes unchanged. Immutable.
 */
public final class DomainDocument {
    /**
     * Those that no thread uses: to make one takes as long as to read a definition. Each keeps all names that it has read, so
     * they are dropped when memory is short.
     */
    private static final Queue<SoftReference<SAXParser>> PARSERS = new ConcurrentLinkedQueue<>();

    /** The namespace of Understudy's own elements in {@code <metadata>}. */
    public static final String UNDERSTUDY = "https://understudy.org/xmlns/domain/1.0";

    /** Maximum length of a document in characters. Source: libvirt's REMOTE_STRING_MAX, which no definition can pass. */
    public static final int LONGEST = 4 * 1024 * 1024;

    /** Bounds memory: a hundred times the number of a large VM. */
    private static final int MOST_ELEMENTS = 100_000;

    private static final int MOST_ATTRIBUTES = 200_000;

    /** Bounds time: every element has its own map of the declared prefixes. */
    private static final int MOST_PREFIXES = 1_000;

    private static final int DEEPEST = 100;

    private final String text;
    private final XmlElement root;

    private DomainDocument(String text, XmlElement root) {
        this.text = text;
        this.root = root;
    }

    /**
     * Reads a document; time and memory grow with its length, which is limited.
     *
     * @param text the document
     * @return the document with the positions of its elements
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML} with line and column, {@link ErrorCode#XML_REFUSED}
     *     for a document type declaration, XML 1.1, or too many characters, elements, prefixes or levels
     */
    public static DomainDocument parse(String text) {
        if (text.length() > LONGEST) {
            throw new UnderstudyException(
                    ErrorCode.XML_REFUSED,
                    "The document has " + text.length() + " characters; the maximum is " + LONGEST);
        }
        // A byte order mark is not part of the XML, but stays part of the text.
        String xml = text.substring(XmlBytes.markLength(text));
        requireWellFormed(xml);
        XmlElement root = new Positions(text, text.length() - xml.length()).read();
        if (!root.is("domain")) {
            throw new UnderstudyException(
                    ErrorCode.MALFORMED_XML, "Line 1: the root element is <" + root.name() + ">, not <domain>");
        }
        return new DomainDocument(text, root);
    }

    /** {@return the text as it was read} */
    public String text() {
        return text;
    }

    /**
     * {@return an attribute's value as it is written, with its character references}
     *
     * @param attribute an attribute of the document
     */
    public String raw(XmlElement.Attribute attribute) {
        return text.substring(attribute.valueStart(), attribute.valueEnd());
    }

    /**
     * {@return an element as it is written}
     *
     * @param element an element of the document
     */
    public String raw(XmlElement element) {
        return text.substring(element.start(), element.end());
    }

    /** {@return the {@code <domain>} element} */
    public XmlElement root() {
        return root;
    }

    /** {@return every device, in document order} */
    public List<XmlElement> devices() {
        return root.children("devices").stream()
                .flatMap(devices -> devices.children().stream())
                .toList();
    }

    /**
     * {@return the devices with this name, in document order}
     *
     * @param name the name, such as {@code interface}
     */
    public List<XmlElement> devices(String name) {
        return devices().stream().filter(device -> device.is(name)).toList();
    }

    /**
     * {@return the NICs, in document order: every {@code <interface>}, and every {@code <hostdev>} that is part of a
     * pair}
     */
    public List<XmlElement> nics() {
        return devices().stream()
                .filter(d -> d.is("interface")
                        || d.is("hostdev") && d.child("teaming").isPresent())
                .toList();
    }

    private static void requireWellFormed(String xml) {
        try {
            SAXParser parser =
                    Optional.ofNullable(PARSERS.poll()).map(SoftReference::get).orElseGet(DomainDocument::parser);
            parser.parse(new InputSource(new StringReader(xml)), new Limits());
            parser.reset();
            PARSERS.add(new SoftReference<>(parser));
        } catch (SAXParseException e) {
            throw refusal(xml, e);
        } catch (SAXException e) {
            throw new UnderstudyException(ErrorCode.XML_REFUSED, e.getMessage(), e);
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, "The XML parser of this JDK cannot be used", e);
        }
    }

    private static SAXParser parser() {
        try {
            // The JDK's parser: the search for others takes longer than the parsing.
            SAXParserFactory factory = SAXParserFactory.newDefaultInstance();
            factory.setNamespaceAware(true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newSAXParser();
        } catch (SAXException | ParserConfigurationException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, "The XML parser of this JDK cannot be used", e);
        }
    }

    private static UnderstudyException refusal(String xml, SAXParseException e) {
        // A document type declaration is reported before other errors; it can only be in the prolog.
        int doctype = xml.indexOf("<!DOCTYPE");
        ErrorCode code = doctype >= 0 && e.getLineNumber() >= lineOf(xml, doctype)
                ? ErrorCode.XML_REFUSED
                : ErrorCode.MALFORMED_XML;
        String where = "Line " + e.getLineNumber() + ", column " + e.getColumnNumber() + ": ";
        return new UnderstudyException(code, where + e.getMessage(), e);
    }

    private static long lineOf(String text, int offset) {
        return 1 + text.substring(0, offset).chars().filter(c -> c == '\n').count();
    }

    private static final class Limits extends DefaultHandler {
        private Locator locator;
        private int depth;
        private int elements;
        private int attributes;
        private int prefixes;

        @Override
        public void setDocumentLocator(Locator parser) {
            locator = parser;
        }

        @Override
        public void startPrefixMapping(String prefix, String uri) throws SAXException {
            if (++prefixes > MOST_PREFIXES) {
                throw new SAXException("there are more than " + MOST_PREFIXES + " namespace declarations");
            }
        }

        @Override
        public void startElement(String uri, String local, String name, Attributes own) throws SAXException {
            // XML 1.1 has more kinds of white space, which would shift the positions.
            if (locator instanceof Locator2 parser && "1.1".equals(parser.getXMLVersion())) {
                throw new SAXException("XML 1.1 is not supported; domain XML is XML 1.0");
            }
            if (++elements > MOST_ELEMENTS) {
                throw new SAXException("there are more than " + MOST_ELEMENTS + " elements");
            }
            attributes += own.getLength();
            if (attributes > MOST_ATTRIBUTES) {
                throw new SAXException("there are more than " + MOST_ATTRIBUTES + " attributes");
            }
            if (++depth > DEEPEST) {
                throw new SAXException("elements are nested deeper than " + DEEPEST + " levels at <" + name + ">");
            }
        }

        @Override
        public void endElement(String uri, String local, String name) {
            depth--;
        }

        @Override
        public void fatalError(SAXParseException e) throws SAXException {
            throw e;
        }
    }
}
