// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.ArrayList;
import java.util.List;
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

    /**
     * {@return the paths of the passwords that are {@link #MASK}, such as {@code /domain/devices/graphics/@passwd}. Defining
     * the VM again with them would set the passwords to the mask}
     *
     * @param definition a domain XML
     * @throws org.understudy.api.UnderstudyException as {@link DomainDocument#parse}
     */
    public static List<String> maskedPaths(String definition) {
        List<String> paths = new ArrayList<>();
        XmlElement root = DomainDocument.parse(definition).root();
        addMasked(root, "/" + root.localName(), paths);
        return paths;
    }

    private static void addMasked(XmlElement element, String path, List<String> paths) {
        for (XmlElement.Attribute attribute : element.attributes()) {
            boolean secret = isPassword(attribute.name())
                    || isArgument(element) && attribute.name().equals("value");
            if (secret && attribute.value().equals(MASK)) {
                paths.add(path + "/@" + attribute.name());
            }
        }
        if (element.localName().equals("cookie") && element.content().equals(MASK)) {
            paths.add(path);
        }
        for (XmlElement child : element.children()) {
            List<XmlElement> twins = element.children().stream()
                    .filter(c -> c.localName().equals(child.localName()))
                    .toList();
            String index = twins.size() == 1 ? "" : "[" + (twins.indexOf(child) + 1) + "]";
            addMasked(child, path + "/" + child.localName() + index, paths);
        }
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

    private static boolean isArgument(XmlElement element) {
        return element.localName().equals("arg") || element.localName().equals("env");
    }

    /** An {@code <arg>} or {@code <env>} for QEMU that names a password. */
    private static boolean isSecretArgument(XmlElement element, XmlElement.Attribute attribute) {
        String named = (element.attributeOr("name", "") + attribute.value()).toLowerCase(Locale.ROOT);
        return isArgument(element)
                && attribute.name().equals("value")
                && (named.contains("passw") || named.contains("secret"));
    }
}
