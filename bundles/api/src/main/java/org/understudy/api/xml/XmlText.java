// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Encodes and decodes text; only the five built-in entities and character references exist here. */
public final class XmlText {
    private static final Pattern REFERENCE = Pattern.compile("&(#x[0-9a-fA-F]+|#[0-9]+|[a-z]+);");

    private XmlText() {}

    /**
     * Escapes a text for use between either kind of quotes and between tags, also after another tool rewrites the document.
     *
     * @param text any text
     * @return the text in XML form
     */
    public static String encode(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&apos;")
                .replace("\"", "&quot;")
                .replace("\n", "&#10;")
                .replace("\r", "&#13;")
                .replace("\t", "&#9;");
    }

    /** Decodes the value of an attribute, where line ends and tabs are spaces unless they are character references. */
    static String decodeAttribute(String raw) {
        return decode(
                raw.replace("\r\n", " ").replace('\r', ' ').replace('\n', ' ').replace('\t', ' '));
    }

    static String decode(String raw) {
        if (raw.indexOf('&') < 0) {
            return raw;
        }
        Matcher references = REFERENCE.matcher(raw);
        return references.replaceAll(m -> Matcher.quoteReplacement(value(m.group(1))));
    }

    private static String value(String reference) {
        if (reference.startsWith("#x")) {
            return Character.toString(Integer.parseInt(reference.substring(2), 16));
        }
        if (reference.startsWith("#")) {
            return Character.toString(Integer.parseInt(reference.substring(1)));
        }
        return switch (reference) {
            case "amp" -> "&";
            case "lt" -> "<";
            case "gt" -> ">";
            case "apos" -> "'";
            case "quot" -> "\"";
            default -> "&" + reference + ";";
        };
    }
}
