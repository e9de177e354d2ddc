// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.plan;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicSelector;
import org.understudy.core.domain.DomainDocument;
import org.understudy.core.domain.XmlElement;

/** The NICs of a document and their choice. */
final class Nics {
    private final DomainDocument document;

    Nics(DomainDocument document) {
        this.document = document;
    }

    /** Whether this is a standby NIC that a primary names. */
    boolean isPaired(XmlElement nic) {
        return isStandby(nic)
                && nic.childAttribute("alias", "name")
                        .filter(alias -> !primariesOf(alias).isEmpty())
                        .isPresent();
    }

    boolean isStandby(XmlElement nic) {
        return nic.childAttribute("teaming", "type")
                .filter("persistent"::equals)
                .isPresent();
    }

    boolean isPrimary(XmlElement device) {
        return device.childAttribute("teaming", "type")
                .filter("transient"::equals)
                .isPresent();
    }

    static boolean isVirtio(XmlElement nic) {
        return nic.childAttribute("model", "type")
                .filter(model -> model.equals("virtio") || model.startsWith("virtio-"))
                .isPresent();
    }

    /** Every device that names this NIC as its standby. */
    List<XmlElement> primariesOf(String standbyAlias) {
        return document.nics().stream()
                .filter(this::isPrimary)
                .filter(device -> device.childAttribute("teaming", "persistent")
                        .filter(standbyAlias::equals)
                        .isPresent())
                .toList();
    }

    /** The NIC to make a pair of; for {@link NicSelector.Only} one that is free, or the only pair there is. */
    Optional<XmlElement> select(NicSelector selector, List<Finding> findings) {
        if (selector instanceof NicSelector.Only) {
            List<XmlElement> free = document.devices("interface").stream()
                    .filter(Nics::isVirtio)
                    .filter(nic -> nic.child("teaming").isEmpty())
                    .toList();
            return one(free.isEmpty() ? standbys() : free, "a free virtio NIC", findings);
        }
        return byName(selector, findings);
    }

    /** The NIC whose pair is to be taken back. */
    Optional<XmlElement> selectForOff(NicSelector selector, List<Finding> findings) {
        if (selector instanceof NicSelector.Only) {
            return standbys().isEmpty() ? Optional.empty() : one(standbys(), "a failover pair", findings);
        }
        return byName(selector, findings);
    }

    private List<XmlElement> standbys() {
        return document.nics().stream().filter(this::isStandby).toList();
    }

    /** The NIC chosen; where that is a primary, the standby NIC it names, which is the one to be changed. */
    private Optional<XmlElement> byName(NicSelector selector, List<Finding> findings) {
        List<XmlElement> nics = document.nics();
        if (selector instanceof NicSelector.ByIndex byIndex) {
            return byIndex.index() >= 0 && byIndex.index() < nics.size()
                    ? Optional.of(standbyFor(nics.get(byIndex.index())))
                    : missing("a NIC with the index " + byIndex.index(), findings);
        }
        if (selector instanceof NicSelector.ByMac byMac) {
            // Both halves of a pair have the MAC; a primary leads to its standby NIC.
            return one(
                    fitting(nic -> nic.childAttribute("mac", "address")
                            .filter(mac -> mac.equalsIgnoreCase(byMac.mac().value()))
                            .isPresent()),
                    "a NIC with the MAC " + byMac.mac(),
                    findings);
        }
        String alias = selector instanceof NicSelector.ByAlias byAlias
                ? byAlias.alias().value()
                : "";
        return one(fitting(nic -> hasAlias(nic, alias)), "a NIC with the alias " + alias, findings);
    }

    private List<XmlElement> fitting(Predicate<XmlElement> filter) {
        return document.nics().stream()
                .filter(filter)
                .map(this::standbyFor)
                .distinct()
                .toList();
    }

    private XmlElement standbyFor(XmlElement nic) {
        return !isPrimary(nic)
                ? nic
                : nic.childAttribute("teaming", "persistent")
                        .flatMap(alias -> standbys().stream()
                                .filter(standby -> hasAlias(standby, alias))
                                .findFirst())
                        .orElse(nic);
    }

    private static boolean hasAlias(XmlElement nic, String alias) {
        return nic.childAttribute("alias", "name").filter(alias::equals).isPresent();
    }

    private Optional<XmlElement> one(List<XmlElement> found, String what, List<Finding> findings) {
        if (found.isEmpty()) {
            return missing(what, findings);
        }
        if (found.size() > 1) {
            findings.add(Finding.of(
                    FindingCode.NIC_AMBIGUOUS,
                    subject(),
                    found.size() + " NICs fit: " + what,
                    "choose one by its MAC, alias or index"));
            return Optional.empty();
        }
        return Optional.of(found.get(0));
    }

    private Optional<XmlElement> missing(String what, List<Finding> findings) {
        findings.add(Finding.of(
                FindingCode.NIC_NOT_FOUND,
                subject(),
                "there is no such NIC: " + what,
                "look at the NICs with understudy:vm-show"));
        return Optional.empty();
    }

    private String subject() {
        return "vm " + document.root().child("name").map(XmlElement::content).orElse("?");
    }
}
