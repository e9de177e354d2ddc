// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.Consent;
import org.understudy.api.NicSelector;
import org.understudy.api.UnderstudyException;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.XmlElement;

/**
 * The risks that an admin accepted for a NIC, in the metadata of Understudy: in the request of a pair, or in a mark, which
 * selects a NIC that hooks turn into a pair.
 */
public final class RecordedConsents {
    private static final String ATTRIBUTE = "consents";

    private RecordedConsents() {}

    /** The accepted risks of a NIC; unknown names are ignored. */
    public static Set<Consent> of(DomainDocument document, XmlElement nic) {
        Stream<XmlElement> requests = DomainView.requests(document)
                .filter(pair -> pair.attribute("standby")
                        .filter(alias -> nic.childAttribute("alias", "name").equals(Optional.of(alias)))
                        .isPresent());
        Stream<XmlElement> marks = DomainView.inMetadata(document, "mark")
                .filter(mark -> selects(mark.attributeOr("nic", ""), document, nic));
        Set<String> names = Stream.concat(requests, marks)
                .flatMap(element ->
                        Arrays.stream(element.attributeOr(ATTRIBUTE, "").split("[ ,]+")))
                .collect(Collectors.toSet());
        return Arrays.stream(Consent.values())
                .filter(consent -> names.contains(consent.id()))
                .collect(Collectors.toSet());
    }

    /** The attribute of a request; empty for none. */
    public static String attribute(Set<Consent> consents) {
        return consents.isEmpty()
                ? ""
                : " " + ATTRIBUTE + "='"
                        + consents.stream().map(Consent::id).sorted().collect(Collectors.joining(" ")) + "'";
    }

    /** Adds consents to those of an element. */
    public static void add(Edits edits, XmlElement element, Set<Consent> consents) {
        String names = Stream.concat(
                        Stream.of(element.attributeOr(ATTRIBUTE, "")).filter(text -> !text.isBlank()),
                        consents.stream().map(Consent::id).sorted())
                .collect(Collectors.joining(" "));
        edits.attribute(element, ATTRIBUTE, names);
    }

    private static boolean selects(String text, DomainDocument document, XmlElement nic) {
        // A pair adds a primary, which must not move the other NICs.
        List<XmlElement> nics = document.nics().stream()
                .filter(known -> known.childAttribute("teaming", "type")
                        .filter("transient"::equals)
                        .isEmpty())
                .toList();
        try {
            NicSelector selector = NicSelector.parse(text);
            if (selector instanceof NicSelector.ByIndex byIndex) {
                return nics.indexOf(nic) == byIndex.index();
            }
            if (selector instanceof NicSelector.ByMac byMac) {
                return nic.childAttribute("mac", "address")
                        .filter(mac -> mac.equalsIgnoreCase(byMac.mac().value()))
                        .isPresent();
            }
            if (selector instanceof NicSelector.ByAlias byAlias) {
                return nic.childAttribute("alias", "name")
                        .filter(byAlias.alias().value()::equals)
                        .isPresent();
            }
            List<XmlElement> virtio = nics.stream().filter(NicModel::isVirtio).toList();
            return virtio.equals(List.of(nic));
        } catch (UnderstudyException e) {
            // A mark that no tool of Understudy wrote.
            return false;
        }
    }
}
