// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Changes to one document, collected first and applied together. For one thread. */
public final class Edits {
    private final DomainDocument document;
    private final List<Edit> edits = new ArrayList<>();

    private record Edit(int start, int end, String text) {}

    /**
     * Creates an empty set of changes.
     *
     * @param document the document to change
     */
    public Edits(DomainDocument document) {
        this.document = document;
    }

    /** {@return true if no change was made} */
    public boolean isEmpty() {
        return edits.isEmpty();
    }

    /**
     * Inserts text.
     *
     * @param at the offset in characters
     * @param text the text as it is to be written
     * @return this
     */
    public Edits insert(int at, String text) {
        edits.add(new Edit(at, at, text));
        return this;
    }

    /**
     * Replaces text.
     *
     * @param start the offset of the first character to replace
     * @param end the offset behind the last
     * @param text the text as it is to be written
     * @return this
     */
    public Edits replace(int start, int end, String text) {
        edits.add(new Edit(start, end, text));
        return this;
    }

    /**
     * Removes an element and the space before it, as defined by {@link Layout}.
     *
     * @param element the element
     * @return this
     */
    public Edits remove(XmlElement element) {
        return removeWithSpaceBefore(element.start(), element.end());
    }

    /**
     * Removes an attribute and the space before it.
     *
     * @param attribute the attribute
     * @return this
     */
    public Edits remove(XmlElement.Attribute attribute) {
        return removeWithSpaceBefore(attribute.start(), attribute.valueEnd() + 1);
    }

    private Edits removeWithSpaceBefore(int start, int end) {
        int from = start;
        while (" \t\r\n".indexOf(document.text().charAt(from - 1)) >= 0) {
            from--;
        }
        return replace(from, end, "");
    }

    /**
     * Replaces the value of an attribute.
     *
     * @param attribute the attribute
     * @param value the value as plain text
     * @return this
     */
    public Edits attributeValue(XmlElement.Attribute attribute, String value) {
        return replace(attribute.valueStart(), attribute.valueEnd(), XmlText.encode(value));
    }

    /**
     * Replaces the value of an attribute by text in XML form, for either kind of quotes.
     *
     * @param attribute the attribute
     * @param raw the value in XML form
     * @return this
     */
    public Edits rawValue(XmlElement.Attribute attribute, String raw) {
        char quote = document.text().charAt(attribute.valueEnd());
        String safe = raw.replace(String.valueOf(quote), quote == '"' ? "&quot;" : "&apos;");
        return replace(attribute.valueStart(), attribute.valueEnd(), safe);
    }

    /**
     * Adds an attribute to an element, or replaces its value.
     *
     * @param element the element
     * @param name the attribute's name
     * @param value the value as plain text
     * @return this
     */
    public Edits attribute(XmlElement element, String name, String value) {
        var present = element.attributeAt(name);
        if (present.isPresent()) {
            return attributeValue(present.get(), value);
        }
        return insert(element.start() + 1 + element.name().length(), " " + name + "='" + XmlText.encode(value) + "'");
    }

    /**
     * Inserts a child before the others of an element, in the same layout.
     *
     * @param parent the element
     * @param xml the child in XML form
     * @return this
     */
    public Edits firstChild(XmlElement parent, String xml) {
        if (parent.closesItself()) {
            return replace(parent.end() - 2, parent.end(), ">" + xml + "</" + parent.name() + ">");
        }
        return insert(parent.startTagEnd(), new Layout(document).spaceForChild(parent) + xml);
    }

    /** {@return the text with all edits; those at the same offset in the order of the calls} */
    public String apply() {
        StringBuilder result = new StringBuilder(document.text().length() + 256);
        int done = 0;
        for (Edit edit :
                edits.stream().sorted(Comparator.comparingInt(Edit::start)).toList()) {
            result.append(document.text(), done, edit.start()).append(edit.text());
            done = edit.end();
        }
        return result.append(document.text(), done, document.text().length()).toString();
    }
}
