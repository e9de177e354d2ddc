// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.XmlElement;

/** Writes a document in an equivalent layout, and compares documents by meaning. */
final class Relayout {
    private static final List<String> SPACES = List.of("", "\n", "\n  ", "\r\n\t", "\n\n    ", " ", "\n\t\n\t\t");
    private static final List<String> NOTES = List.of("<!-- <interface/> -->", "<?tool <devices> ?>", "");
    private static final List<String> GAPS = List.of(" ", "  ", "\n\t", "\r\n ", "\t");

    private final DomainDocument document;
    private final Random random;
    private final Edits edits;

    private Relayout(String text, Random random) {
        this.document = DomainDocument.parse(text);
        this.random = random;
        this.edits = new Edits(document);
    }

    /** Other whitespace, quotes and empty tags, and new comments, as in documents written by hand. */
    static String byHand(String text, Random random) {
        return new Relayout(text, random).write(true);
    }

    /** Other whitespace, quotes and order of attributes, but no comments, as stored by libvirt. */
    static String byLibvirt(String text, Random random) {
        return new Relayout(text, random).write(false);
    }

    private String write(boolean notes) {
        everyElement(document.root(), notes);
        return edits.apply();
    }

    private void everyElement(XmlElement element, boolean notes) {
        for (XmlElement child : element.children()) {
            spaceBefore(child, notes);
            everyElement(child, notes);
        }
        startTag(element, !notes);
    }

    private void spaceBefore(XmlElement element, boolean notes) {
        String text = document.text();
        int from = element.start();
        while (Character.isWhitespace(text.charAt(from - 1))) {
            from--;
        }
        // Not beside text, which would change the meaning.
        if (text.charAt(from - 1) == '>' && random.nextInt(3) == 0) {
            String note = notes && random.nextInt(3) == 0 ? pick(NOTES) + pick(SPACES) : "";
            edits.replace(from, element.start(), pick(SPACES) + note);
        }
    }

    private void startTag(XmlElement element, boolean shuffle) {
        List<XmlElement.Attribute> attributes = new ArrayList<>(element.attributes());
        if (shuffle) {
            Collections.shuffle(attributes, random);
        }
        String written = attributes.stream().map(this::attribute).collect(Collectors.joining());
        String end = element.closesItself() ? pick(List.of("/>", " />", "></" + element.name() + " >")) : ">";
        edits.replace(element.start(), element.startTagEnd(), "<" + element.name() + written + end);
    }

    private String attribute(XmlElement.Attribute attribute) {
        String raw = document.raw(attribute);
        char quote = document.text().charAt(attribute.valueEnd());
        char other = quote == '"' ? '\'' : '"';
        char chosen = raw.indexOf(other) < 0 && random.nextBoolean() ? other : quote;
        return pick(GAPS) + attribute.name() + pick(List.of("=", " = ")) + chosen + raw + chosen;
    }

    private String pick(List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** The meaning of a document: names, attributes in any order, and texts. */
    static String meaning(String text) {
        return meaning(DomainDocument.parse(text).root());
    }

    private static String meaning(XmlElement element) {
        String attributes = element.attributes().stream()
                .map(a -> a.name() + "=" + a.value())
                .sorted()
                .collect(Collectors.joining(" "));
        return "\n" + element.namespace() + " " + element.name() + " " + attributes + " [" + element.content() + "]"
                + element.children().stream().map(Relayout::meaning).collect(Collectors.joining()) + "^";
    }
}
