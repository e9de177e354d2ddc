// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.api.Consent;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.api.xml.XmlText;
import org.understudy.core.definition.RecordedConsents;

/**
 * A pair request and the changes made for it, stored in the {@code <metadata>} of the definition, which migrates with the
 * VM.
 *
 * @param standby alias of the standby NIC
 * @param primary alias of the primary
 * @param pool name of the pool
 * @param emulated whether the primary is an emulated NIC
 * @param rootPort index of the PCIe root port that was added
 * @param aliasBefore the former {@code <alias>} of the standby NIC as written; empty if it had none
 * @param aliasKept whether the standby NIC already had a valid alias
 * @param consents the accepted risks that hold as long as the pair exists
 */
record PairRequestRecord(
        String standby,
        String primary,
        String pool,
        boolean emulated,
        int rootPort,
        String aliasBefore,
        boolean aliasKept,
        Set<Consent> consents) {
    /** The elements of Understudy in the metadata that contain requests; more than one only after a copy by hand. */
    static List<XmlElement> holders(DomainDocument document) {
        return document.root().children("metadata").stream()
                .flatMap(metadata -> metadata.children().stream())
                .filter(e -> e.namespace().equals(DomainDocument.UNDERSTUDY)
                        && e.localName().equals("pairs"))
                .toList();
    }

    static Stream<XmlElement> elements(DomainDocument document) {
        return holders(document).stream()
                .flatMap(holder -> holder.children().stream())
                .filter(e -> e.namespace().equals(DomainDocument.UNDERSTUDY)
                        && e.localName().equals("pair"));
    }

    static Optional<XmlElement> element(DomainDocument document, String standby) {
        return elements(document)
                .filter(e -> e.attributeOr("standby", "").equals(standby))
                .findFirst();
    }

    static List<PairRequestRecord> all(DomainDocument document) {
        return elements(document).map(PairRequestRecord::read).toList();
    }

    static Optional<PairRequestRecord> of(DomainDocument document, String standby) {
        return element(document, standby).map(PairRequestRecord::read);
    }

    private static PairRequestRecord read(XmlElement e) {
        return new PairRequestRecord(
                e.attributeOr("standby", ""),
                e.attributeOr("primary", ""),
                e.attributeOr("pool", ""),
                e.attributeOr("kind", "").equals("emulated"),
                number(e.attributeOr("root-port", "")),
                e.attributeOr("alias-before", ""),
                e.attribute("alias-before").isEmpty()
                        && e.attributeOr("alias", "").equals("kept"),
                // Those of a stored request stay in its element; RecordedConsents reads them.
                Set.of());
    }

    /** This record with another root port. */
    PairRequestRecord on(int port) {
        return new PairRequestRecord(standby, primary, pool, emulated, port, aliasBefore, aliasKept, consents);
    }

    private static int number(String text) {
        return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : -1;
    }

    /** @param prefix of the namespace of Understudy, with its colon; empty for the default namespace */
    String xml(String prefix) {
        String alias = aliasKept
                ? " alias='kept'"
                : aliasBefore.isEmpty() ? "" : " alias-before='" + XmlText.encode(aliasBefore) + "'";
        return "<%spair standby='%s' primary='%s' pool='%s'%s root-port='%d'%s%s/>"
                .formatted(
                        prefix,
                        XmlText.encode(standby),
                        primary,
                        XmlText.encode(pool),
                        emulated ? " kind='emulated'" : "",
                        rootPort,
                        alias,
                        RecordedConsents.attribute(consents));
    }
}
