// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.MigrationId;

/**
 * The id of the migration that brings a VM to its host, in the metadata of the live definition there. It proves whose a
 * destination QEMU is: several servers and programs can migrate one VM. It stays in the live definition as long as the VM
 * runs there, and the next migration replaces it.
 */
public final class MigrationMark {
    /** A namespace of its own: libvirt manages one element of each namespace. */
    private static final String NAMESPACE = "https://understudy.org/xmlns/migration/1.0";

    private static final String NAME = "migration";

    /** Source: libvirt's schema domaincommon.rng, "ids"; it takes other elements only behind these. */
    private static final Set<String> IDENTITY = Set.of("name", "uuid", "genid");

    private MigrationMark() {}

    /**
     * {@return the migration that brought the VM here; empty if none did, or that of another program}
     *
     * @param definition the live definition
     */
    public static Optional<MigrationId> of(String definition) {
        return elements(DomainDocument.parse(definition)).stream()
                .flatMap(mark -> mark.attribute("id").stream())
                .map(MigrationId::new)
                .findFirst();
    }

    /**
     * {@return the definition with this mark instead of any other}
     *
     * @param definition the live definition for the destination
     * @param id the migration
     */
    public static String set(String definition, MigrationId id) {
        String plain = remove(definition);
        DomainDocument document = DomainDocument.parse(plain);
        String mark = "<understudy:" + NAME + " xmlns:understudy='" + NAMESPACE + "' id='" + id + "'/>";
        Optional<XmlElement> metadata = document.root().child("metadata");
        Edits edits = new Edits(document);
        if (metadata.isEmpty()) {
            addMetadata(document, edits, "<metadata>" + mark + "</metadata>");
        } else if (metadata.get().closesItself()) {
            edits.firstChild(metadata.get(), mark);
        } else {
            edits.insert(metadata.get().endTagStart(), mark);
        }
        return edits.apply();
    }

    private static void addMetadata(DomainDocument document, Edits edits, String metadata) {
        List<XmlElement> children = document.root().children();
        Optional<XmlElement> identity = children.stream()
                .filter(child -> IDENTITY.contains(child.name()))
                .reduce((earlier, later) -> later);
        if (identity.isPresent()) {
            edits.insert(identity.get().end(), new Layout(document).spaceBefore(identity.get()) + metadata);
        } else {
            edits.firstChild(document.root(), metadata);
        }
    }

    /**
     * {@return the definition without a mark} For a definition to store.
     *
     * @param definition a definition
     */
    public static String remove(String definition) {
        DomainDocument document = DomainDocument.parse(definition);
        Edits edits = new Edits(document);
        elements(document).forEach(edits::remove);
        return edits.isEmpty() ? definition : edits.apply();
    }

    private static List<XmlElement> elements(DomainDocument document) {
        return document.root().children("metadata").stream()
                .flatMap(metadata -> metadata.children().stream())
                .filter(e -> e.namespace().equals(NAMESPACE) && e.localName().equals(NAME))
                .toList();
    }
}
