// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.understudy.api.Alias;
import org.understudy.api.MacAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.Layout;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.XmlElement;

/**
 * Adds to a definition the values that would otherwise change at each start: UUID, MAC addresses, aliases of primaries and
 * the version of the machine type. libvirt does the same when a domain is defined or started. All other bytes stay
 * unchanged.
 */
public final class CompletedDefinition {
    private final DomainDocument document;
    private final Edits edits;

    private CompletedDefinition(String xml) {
        this.document = DomainDocument.parse(xml);
        this.edits = new Edits(document);
    }

    /** @param machine maps a machine type to its full name */
    public static String of(String xml, UUID uuid, Supplier<MacAddress> macs, UnaryOperator<String> machine) {
        CompletedDefinition completed = new CompletedDefinition(xml);
        completed.uuid(uuid);
        completed.macs(macs);
        completed.aliasesOfPrimaries();
        completed.machine(machine);
        return completed.edits.apply();
    }

    /** The live definition: with the domain type in use, such as {@code qemu} on a host without usable KVM. */
    public static String withType(String xml, String type) {
        CompletedDefinition completed = new CompletedDefinition(xml);
        completed.set(completed.document.root(), "type", type);
        completed.aliasesOfPrimaries();
        return completed.edits.apply();
    }

    private void set(XmlElement element, String attribute, String value) {
        if (!element.attributeOr(attribute, "").equals(value)) {
            edits.attribute(element, attribute, value);
        }
    }

    private void uuid(UUID uuid) {
        XmlElement root = document.root();
        if (root.child("uuid").isEmpty()) {
            root.child("name")
                    .ifPresent(name -> edits.insert(
                            name.end(), new Layout(document).spaceBefore(name) + "<uuid>" + uuid + "</uuid>"));
        }
    }

    private void macs(Supplier<MacAddress> macs) {
        document.devices("interface").stream()
                .filter(nic -> nic.child("mac").isEmpty())
                .forEach(nic -> edits.firstChild(nic, "<mac address='" + macs.get() + "'/>"));
    }

    /**
     * A primary is unplugged and plugged by its alias, but only {@code persistent} is required of it. The alias is the name
     * that the primary has without one, on other hosts too.
     */
    private void aliasesOfPrimaries() {
        Set<String> used = new HashSet<>();
        document.devices().forEach(d -> d.childAttribute("alias", "name").ifPresent(used::add));
        document.nics().stream()
                .filter(nic -> nic.childAttribute("teaming", "type").equals(Optional.of("transient")))
                .filter(nic -> nic.child("alias").isEmpty())
                .forEach(nic -> edits.insert(
                        nic.child("teaming").orElseThrow().end(), "<alias name='" + alias(nic, used) + "'/>"));
    }

    private static String alias(XmlElement primary, Set<String> used) {
        return PairXml.nameAfterStandby(primary)
                .map(Alias::value)
                .filter(used::add)
                .orElseGet(() -> freeAlias(used));
    }

    private static String freeAlias(Set<String> used) {
        int number = 0;
        while (!used.add("ua-primary" + number)) {
            number++;
        }
        return "ua-primary" + number;
    }

    private void machine(UnaryOperator<String> fullName) {
        document.root()
                .child("os")
                .flatMap(os -> os.child("type"))
                .ifPresent(type -> set(
                        type,
                        "machine",
                        fullName.apply(type.attribute("machine")
                                .filter(machine -> !machine.isEmpty())
                                .orElse("pc"))));
    }
}
