// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicSelector;
import org.understudy.api.VmName;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.NicModel;

/** Selects NICs of a document. */
final class NicSelection {
    private final DomainDocument document;
    private final Set<String> vfNetworks;
    private final List<XmlElement> all;
    private final Map<String, XmlElement> standbysByAlias = new HashMap<>();

    NicSelection(DomainDocument document) {
        this(document, Set.of());
    }

    /** @param vfNetworks networks whose NICs are VFs with any model */
    NicSelection(DomainDocument document, Set<String> vfNetworks) {
        this.document = document;
        this.vfNetworks = vfNetworks;
        this.all = document.nics();
        standbys().forEach(nic -> alias(nic).ifPresent(alias -> standbysByAlias.putIfAbsent(alias, nic)));
    }

    /** The standby NIC with this alias. */
    Optional<XmlElement> standby(String alias) {
        return Optional.ofNullable(standbysByAlias.get(alias));
    }

    /** The primary of a standby NIC; empty if it has none, or if the NIC is not a standby NIC. */
    Optional<XmlElement> primaryOf(XmlElement nic) {
        Optional<String> alias = alias(nic);
        return isTeamed(nic, "persistent") && alias.isPresent()
                ? all.stream()
                        .filter(NicSelection::isPrimary)
                        .filter(primary ->
                                primary.childAttribute("teaming", "persistent").equals(alias))
                        .findFirst()
                : Optional.empty();
    }

    private static boolean isPrimary(XmlElement nic) {
        return isTeamed(nic, "transient");
    }

    private static boolean isTeamed(XmlElement nic, String type) {
        return nic.childAttribute("teaming", "type").filter(type::equals).isPresent();
    }

    private static Optional<String> alias(XmlElement nic) {
        return nic.childAttribute("alias", "name");
    }

    static boolean isVf(XmlElement nic, Set<String> vfNetworks) {
        return nic.attributeOr("type", "").equals("network")
                && nic.childAttribute("source", "network")
                        .filter(vfNetworks::contains)
                        .isPresent();
    }

    /** The NIC for a new pair; for {@link NicSelector.Only} the only free NIC, otherwise the only pair. */
    Optional<XmlElement> select(NicSelector selector, List<Finding> findings) {
        if (selector instanceof NicSelector.Only) {
            List<XmlElement> free = document.devices("interface").stream()
                    .filter(NicModel::isVirtio)
                    .filter(nic -> !isVf(nic, vfNetworks))
                    .filter(nic -> nic.child("teaming").isEmpty())
                    .toList();
            return one(free.isEmpty() ? standbys() : free, "free virtio NIC", findings);
        }
        return byName(selector, findings);
    }

    /** The NIC whose pair is to be removed. */
    Optional<XmlElement> selectForRemoval(NicSelector selector, List<Finding> findings) {
        if (selector instanceof NicSelector.Only) {
            return standbys().isEmpty() ? Optional.empty() : one(standbys(), "failover pair", findings);
        }
        return byName(selector, findings);
    }

    private List<XmlElement> standbys() {
        return all.stream().filter(nic -> isTeamed(nic, "persistent")).toList();
    }

    /** The selected NIC; for a primary its standby NIC, which is the one to change. */
    private Optional<XmlElement> byName(NicSelector selector, List<Finding> findings) {
        if (selector instanceof NicSelector.ByIndex byIndex) {
            return byIndex.index() >= 0 && byIndex.index() < all.size()
                    ? Optional.of(standbyFor(all.get(byIndex.index())))
                    : missing("NIC with the index " + byIndex.index(), findings);
        }
        if (selector instanceof NicSelector.ByMac byMac) {
            // Both halves of a pair have the MAC; a primary is replaced by its standby NIC.
            return one(
                    matching(nic -> nic.childAttribute("mac", "address")
                            .filter(mac -> mac.equalsIgnoreCase(byMac.mac().value()))
                            .isPresent()),
                    "NIC with the MAC address " + byMac.mac(),
                    findings);
        }
        String alias = selector instanceof NicSelector.ByAlias byAlias
                ? byAlias.alias().value()
                : "";
        return one(
                matching(nic -> alias(nic).filter(alias::equals).isPresent()), "NIC with the alias " + alias, findings);
    }

    private List<XmlElement> matching(Predicate<XmlElement> filter) {
        return all.stream().filter(filter).map(this::standbyFor).distinct().toList();
    }

    private XmlElement standbyFor(XmlElement nic) {
        return isPrimary(nic)
                ? nic.childAttribute("teaming", "persistent")
                        .map(standbysByAlias::get)
                        .orElse(nic)
                : nic;
    }

    private Optional<XmlElement> one(List<XmlElement> found, String what, List<Finding> findings) {
        if (found.isEmpty()) {
            return missing(what, findings);
        }
        if (found.size() > 1) {
            findings.add(Finding.of(
                    FindingCode.NIC_AMBIGUOUS,
                    subject(),
                    "VM " + name() + " has more than one " + what + ": " + found.size(),
                    "Select one by its MAC address, alias or index."));
            return Optional.empty();
        }
        return Optional.of(found.get(0));
    }

    private Optional<XmlElement> missing(String what, List<Finding> findings) {
        findings.add(Finding.of(
                FindingCode.NIC_NOT_FOUND,
                subject(),
                "VM " + name() + " has no " + what,
                "List the NICs with \"understudy:vm-show\"."));
        return Optional.empty();
    }

    private String subject() {
        return "vm " + name();
    }

    private String name() {
        return document.root()
                .child("name")
                .map(XmlElement::content)
                .filter(name -> !name.isEmpty())
                .map(name -> new VmName(name).toString())
                .orElse("?");
    }
}
