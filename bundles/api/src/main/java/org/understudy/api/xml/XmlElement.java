// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * An element and its position in the text. Offsets count characters; ends are exclusive.
 *
 * <p>Lookups by name find only elements without a namespace, which are those of libvirt; elements of other tools are
 * ignored.
 */
public final class XmlElement {
    private final String name;
    private final String namespace;
    private final int start;
    private final int startTagEnd;
    private final List<Attribute> attributes;
    private final List<XmlElement> children = new ArrayList<>();
    private final StringBuilder content = new StringBuilder();
    private int endTagStart = -1;
    private int end = -1;

    /**
     * An attribute and its position.
     *
     * @param name as written, with its prefix
     * @param value decoded
     * @param start of the name
     * @param valueStart behind the opening quote
     * @param valueEnd of the closing quote
     */
    public record Attribute(String name, String value, int start, int valueStart, int valueEnd) {}

    XmlElement(String name, String namespace, int start, int startTagEnd, List<Attribute> attributes) {
        this.name = name;
        this.namespace = namespace;
        this.start = start;
        this.startTagEnd = startTagEnd;
        this.attributes = List.copyOf(attributes);
    }

    void add(XmlElement child) {
        children.add(child);
    }

    void addContent(String decoded) {
        content.append(decoded);
    }

    void close(int atEndTag, int behind) {
        endTagStart = atEndTag;
        end = behind;
    }

    /** {@return the name as written, with its prefix} */
    public String name() {
        return name;
    }

    /** {@return the name without its prefix} */
    public String localName() {
        return name.substring(name.indexOf(':') + 1);
    }

    /** {@return the namespace, empty for elements of libvirt} */
    public String namespace() {
        return namespace;
    }

    /** {@return the offset of the start tag} */
    public int start() {
        return start;
    }

    /** {@return the offset behind the start tag; the same as {@link #end} if the tag closes itself} */
    public int startTagEnd() {
        return startTagEnd;
    }

    /** {@return the offset of the end tag; that of {@link #end} if the start tag closes itself} */
    public int endTagStart() {
        return endTagStart;
    }

    /** {@return the offset behind the element} */
    public int end() {
        return end;
    }

    /** {@return true for {@code <x/>}} */
    public boolean closesItself() {
        return startTagEnd == end;
    }

    /**
     * {@return true for an element of this name without a namespace}
     *
     * @param libvirtName the name
     */
    public boolean is(String libvirtName) {
        return namespace.isEmpty() && name.equals(libvirtName);
    }

    /** {@return the attributes in document order, without namespace declarations} */
    public List<Attribute> attributes() {
        return attributes;
    }

    /**
     * {@return an attribute with its position}
     *
     * @param attribute its name
     */
    public Optional<Attribute> attributeAt(String attribute) {
        return attributes.stream().filter(a -> a.name().equals(attribute)).findFirst();
    }

    /**
     * {@return the value of an attribute, decoded}
     *
     * @param attribute its name
     */
    public Optional<String> attribute(String attribute) {
        return attributeAt(attribute).map(Attribute::value);
    }

    /**
     * {@return the attribute's value, or the empty text}
     *
     * @param attribute its name
     * @param otherwise the value if there is no such attribute
     */
    public String attributeOr(String attribute, String otherwise) {
        return attribute(attribute).orElse(otherwise);
    }

    /** {@return the child elements in document order} */
    public List<XmlElement> children() {
        return Collections.unmodifiableList(children);
    }

    /**
     * {@return the child elements with a name, in document order}
     *
     * @param child the name
     */
    public List<XmlElement> children(String child) {
        return children.stream().filter(c -> c.is(child)).toList();
    }

    /**
     * {@return the first child element with a name}
     *
     * @param child the name
     */
    public Optional<XmlElement> child(String child) {
        return children.stream().filter(c -> c.is(child)).findFirst();
    }

    /**
     * {@return an attribute of a child, such as {@code childAttribute("mac", "address")}}
     *
     * @param child the child's name
     * @param attribute the attribute's name
     */
    public Optional<String> childAttribute(String child, String attribute) {
        return child(child).flatMap(c -> c.attribute(attribute));
    }

    /** {@return the decoded text directly in this element, without the space around it} */
    public String content() {
        return text().strip();
    }

    /** {@return the text of the element itself, decoded, with its blanks} */
    public String text() {
        return content.toString();
    }
}
