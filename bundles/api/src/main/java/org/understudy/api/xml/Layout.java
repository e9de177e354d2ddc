// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.List;

/** The indentation of a document, so that added elements match the others. */
public final class Layout {
    private final DomainDocument document;

    /**
     * Creates the layout without reading the document.
     *
     * @param document the document
     */
    public Layout(DomainDocument document) {
        this.document = document;
    }

    /**
     * {@return the space before an element back to the markup before it; empty in a document without line ends}
     *
     * @param element an element of the document
     */
    public String spaceBefore(XmlElement element) {
        String text = document.text();
        int from = element.start();
        while (from > 0 && " \t\r\n".indexOf(text.charAt(from - 1)) >= 0) {
            from--;
        }
        String space = text.substring(from, element.start());
        // Blank lines between elements are not repeated; those of comments are kept.
        int lastLine = space.lastIndexOf('\n');
        if (lastLine < 0) {
            return space;
        }
        boolean carriageReturn = lastLine > 0 && space.charAt(lastLine - 1) == '\r';
        return (carriageReturn ? "\r\n" : "\n") + space.substring(lastLine + 1);
    }

    /** {@return one step of indentation: the difference between the first indented child and its parent} */
    public String step() {
        List<XmlElement> children = document.root().children();
        if (children.isEmpty()) {
            return "";
        }
        String space = spaceBefore(children.get(0));
        return space.substring(space.lastIndexOf('\n') + 1);
    }

    /**
     * {@return the space for a new child of an element: that of its first child, or one step deeper than the element}
     *
     * @param parent an element of the document
     */
    public String spaceForChild(XmlElement parent) {
        if (!parent.children().isEmpty()) {
            return spaceBefore(parent.children().get(0));
        }
        String own = spaceBefore(parent);
        return own.contains("\n") ? own + step() : "";
    }
}
