// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.VmName;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;

/** The input of the rules: a document, its NICs, and the facts of the context. */
final class LintSubject {
    private final DomainDocument document;
    private final LintContext context;
    private final List<NicElement> nics = new ArrayList<>();
    private final Map<String, XmlElement> aliases = new HashMap<>();
    private final Map<String, NicElement> standbyAliases = new HashMap<>();

    /** A primary and the standby NIC that it refers to. */
    record TeamedPair(NicElement standby, NicElement primary) {}

    LintSubject(DomainDocument document, LintContext context) {
        this.document = document;
        this.context = context;
        for (XmlElement device : devices()) {
            boolean teamed = device.child("teaming").isPresent();
            if (device.is("interface") || device.is("hostdev") && teamed) {
                nics.add(NicElement.of(device, nics.size()));
            }
            device.childAttribute("alias", "name").ifPresent(alias -> aliases.putIfAbsent(alias, device));
        }
        standbys().forEach(standby -> standby.alias().ifPresent(alias -> standbyAliases.putIfAbsent(alias, standby)));
    }

    DomainDocument document() {
        return document;
    }

    LintContext context() {
        return context;
    }

    /** All devices of any kind. */
    List<XmlElement> devices() {
        return document.root().children("devices").stream()
                .flatMap(devices -> devices.children().stream())
                .toList();
    }

    List<NicElement> nics() {
        return nics;
    }

    List<NicElement> standbys() {
        return nics.stream().filter(NicElement::isStandby).toList();
    }

    List<NicElement> primaries() {
        return nics.stream().filter(NicElement::isPrimary).toList();
    }

    /** Each primary that refers to a standby NIC of the document. */
    List<TeamedPair> pairs() {
        return primaries().stream()
                .flatMap(primary -> standbyOf(primary).map(standby -> new TeamedPair(standby, primary)).stream())
                .toList();
    }

    Optional<NicElement> standbyOf(NicElement primary) {
        return primary.standbyAlias().map(standbyAliases::get);
    }

    Optional<XmlElement> deviceWithAlias(String alias) {
        return Optional.ofNullable(aliases.get(alias));
    }

    /** The VM in the subject of a finding. */
    String vm() {
        return "vm " + name();
    }

    /** The VM at the start of a message. */
    String vmTitle() {
        return "VM " + name();
    }

    private String name() {
        String name = document.root().child("name").map(XmlElement::content).orElse("");
        return name.isEmpty() ? "without a name" : DisplayText.cut(new VmName(name).toString());
    }

    /** The subject of a finding about a NIC. */
    String subject(NicElement nic) {
        return vm() + ", " + nic.label();
    }
}
