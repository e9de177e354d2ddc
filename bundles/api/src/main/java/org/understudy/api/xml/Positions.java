// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the position of every element. No parser of the JDK reports offsets in the text, so this reads the text a second
 * time. It requires a well-formed document without a document type declaration, which was checked before.
 */
final class Positions {
    private final String text;
    private final Deque<XmlElement> open = new ArrayDeque<>();
    private final Deque<Map<String, String>> prefixes = new ArrayDeque<>();
    private int at;

    Positions(String text, int start) {
        this.text = text;
        this.at = start;
        prefixes.push(Map.of("", ""));
    }

    XmlElement read() {
        XmlElement root = null;
        while (at < text.length()) {
            int tag = text.indexOf('<', at);
            if (tag < 0) {
                break;
            }
            addContent(at, tag, true);
            at = tag;
            if (text.startsWith("<!--", at)) {
                at = behind("-->", at + 4);
            } else if (text.startsWith("<![CDATA[", at)) {
                int end = behind("]]>", at);
                addContent(at + 9, end - 3, false);
                at = end;
            } else if (text.startsWith("<?", at)) {
                at = behind("?>", at);
            } else if (text.startsWith("</", at)) {
                endTag();
            } else {
                XmlElement started = startTag();
                root = root == null ? started : root;
            }
        }
        return root;
    }

    private int behind(String mark, int from) {
        return text.indexOf(mark, from) + mark.length();
    }

    private void addContent(int from, int to, boolean encoded) {
        if (!open.isEmpty() && to > from) {
            String raw = text.substring(from, to).replace("\r\n", "\n").replace('\r', '\n');
            open.peek().addContent(encoded ? XmlText.decode(raw) : raw);
        }
    }

    private void endTag() {
        int end = behind(">", at);
        open.pop().close(at, end);
        prefixes.pop();
        at = end;
    }

    private XmlElement startTag() {
        int start = at++;
        String name = nameAt();
        List<XmlElement.Attribute> attributes = new ArrayList<>();
        skipSpace();
        while (text.charAt(at) != '>' && text.charAt(at) != '/') {
            attributes.add(attribute());
            skipSpace();
        }
        boolean closesItself = text.charAt(at) == '/';
        at += closesItself ? 2 : 1;
        Map<String, String> scope = scope(attributes);
        int colon = name.indexOf(':');
        String namespace = scope.getOrDefault(colon < 0 ? "" : name.substring(0, colon), "");
        XmlElement element = new XmlElement(name, namespace, start, at, attributes);
        if (!open.isEmpty()) {
            open.peek().add(element);
        }
        if (closesItself) {
            element.close(at, at);
        } else {
            open.push(element);
            prefixes.push(scope);
        }
        return element;
    }

    private Map<String, String> scope(List<XmlElement.Attribute> attributes) {
        Map<String, String> outer = prefixes.peek();
        Map<String, String> scope = outer;
        for (XmlElement.Attribute attribute : attributes) {
            String name = attribute.name();
            if (name.equals("xmlns") || name.startsWith("xmlns:")) {
                scope = scope == outer ? new HashMap<>(outer) : scope;
                scope.put(name.equals("xmlns") ? "" : name.substring(6), attribute.value());
            }
        }
        return scope;
    }

    private XmlElement.Attribute attribute() {
        int start = at;
        String name = nameAt();
        skipSpace();
        at++; // the equals sign
        skipSpace();
        char quote = text.charAt(at);
        int valueStart = at + 1;
        int valueEnd = text.indexOf(quote, valueStart);
        at = valueEnd + 1;
        return new XmlElement.Attribute(
                name, XmlText.decodeAttribute(text.substring(valueStart, valueEnd)), start, valueStart, valueEnd);
    }

    private String nameAt() {
        int start = at;
        while (" \t\r\n=/>".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    private void skipSpace() {
        while (" \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }
}
