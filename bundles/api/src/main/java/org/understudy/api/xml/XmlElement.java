// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * An element and where it stands in the text. Offsets count characters; ends are exclusive.
 *
 * <p>The look-ups by name see only elements without a namespace: that is where libvirt's own words are, whatever
 * another tool put beside them.
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

    /** The name as written, with its prefix. */
    public String name() {
        return name;
    }

    /** The name without its prefix. */
    public String localName() {
        return name.substring(name.indexOf(':') + 1);
    }

    /** The namespace, empty for libvirt's own elements. */
    public String namespace() {
        return namespace;
    }

    public int start() {
        return start;
    }

    /** Behind the start tag; the same as {@link #end} if the tag closes itself. */
    public int startTagEnd() {
        return startTagEnd;
    }

    public int endTagStart() {
        return endTagStart;
    }

    public int end() {
        return end;
    }

    /** True for {@code <x/>}. */
    public boolean closesItself() {
        return startTagEnd == end;
    }

    /** True for an element of this name without a namespace. */
    public boolean is(String libvirtName) {
        return namespace.isEmpty() && name.equals(libvirtName);
    }

    public List<Attribute> attributes() {
        return attributes;
    }

    public Optional<Attribute> attributeAt(String attribute) {
        return attributes.stream().filter(a -> a.name().equals(attribute)).findFirst();
    }

    public Optional<String> attribute(String attribute) {
        return attributeAt(attribute).map(Attribute::value);
    }

    /** The attribute's value, or the empty text. */
    public String attributeOr(String attribute, String otherwise) {
        return attribute(attribute).orElse(otherwise);
    }

    public List<XmlElement> children() {
        return Collections.unmodifiableList(children);
    }

    public List<XmlElement> children(String child) {
        return children.stream().filter(c -> c.is(child)).toList();
    }

    public Optional<XmlElement> child(String child) {
        return children.stream().filter(c -> c.is(child)).findFirst();
    }

    /** An attribute of a child, such as {@code childAttribute("mac", "address")}. */
    public Optional<String> childAttribute(String child, String attribute) {
        return child(child).flatMap(c -> c.attribute(attribute));
    }

    /** The decoded text directly in this element, without the space around it. */
    public String content() {
        return content.toString().strip();
    }
}
