// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.Locale;
import org.understudy.api.PairChange;

/** The passwords in a domain XML: those of VNC and SPICE, in arguments for QEMU, and cookies of network disks. */
public final class Passwords {
    /** Replaces a password. */
    public static final String MASK = "***";

    private Passwords() {}

    /**
     * {@return true if the value of the attribute is a password}
     *
     * @param name the name of the attribute, such as {@code passwd}
     */
    public static boolean isPassword(String name) {
        return name.toLowerCase(Locale.ROOT).matches(".*passw(or)?d");
    }

    /**
     * {@return the definition with {@link #MASK} instead of each password; all other bytes are kept}
     *
     * @param definition a domain XML
     * @throws org.understudy.api.UnderstudyException as {@link DomainDocument#parse}
     */
    public static String masked(String definition) {
        DomainDocument document = DomainDocument.parse(definition);
        Edits edits = new Edits(document);
        mask(document.root(), edits);
        return edits.isEmpty() ? definition : edits.apply();
    }

    /**
     * {@return the same change with a {@linkplain #masked(String) masked} definition, to print it}
     *
     * @param change what switching a pair on or off did
     */
    public static PairChange masked(PairChange change) {
        return new PairChange(change.changed(), change.effect(), change.findings(), masked(change.definition()));
    }

    private static void mask(XmlElement element, Edits edits) {
        for (XmlElement.Attribute attribute : element.attributes()) {
            if (isPassword(attribute.name()) || isSecretArgument(element, attribute)) {
                edits.attributeValue(attribute, MASK);
            }
        }
        if (element.localName().equals("cookie") && !element.closesItself()) {
            edits.replace(element.startTagEnd(), element.endTagStart(), MASK);
        } else {
            element.children().forEach(child -> mask(child, edits));
        }
    }

    /** An {@code <arg>} or {@code <env>} for QEMU that names a password. */
    private static boolean isSecretArgument(XmlElement element, XmlElement.Attribute attribute) {
        boolean argument =
                element.localName().equals("arg") || element.localName().equals("env");
        String named = (element.attributeOr("name", "") + attribute.value()).toLowerCase(Locale.ROOT);
        return argument && attribute.name().equals("value") && (named.contains("passw") || named.contains("secret"));
    }
}
