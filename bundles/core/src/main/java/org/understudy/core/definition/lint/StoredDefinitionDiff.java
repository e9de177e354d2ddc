// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.Severity;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.PciXml;

/**
 * What a host has made of the pairs of a definition it was given. libvirt drops an alias that does not begin with
 * {@code ua-}, and elements it does not know, without a word.
 */
public final class StoredDefinitionDiff {
    private final String vm;
    private final String stored;
    private final List<Finding> findings = new ArrayList<>();

    private StoredDefinitionDiff(String vm, String stored) {
        this.vm = vm;
        this.stored = stored;
    }

    /** Empty if every pair is stored as it was asked for; an error for a pair that is none any more. */
    public static List<Finding> of(String asked, String stored) {
        DomainView before = DomainView.of(asked);
        StoredDefinitionDiff storedDefinitionDiff = new StoredDefinitionDiff("vm " + before.name(), stored);
        DomainView after = DomainView.of(stored);
        before.pairs().forEach(pair -> storedDefinitionDiff.compare(pair, asked, after));
        return List.copyOf(storedDefinitionDiff.findings);
    }

    private void compare(PairView pair, String asked, DomainView after) {
        Optional<PairView> kept = after.pairs().stream()
                .filter(p -> p.standby().equals(pair.standby()) && p.primary().equals(pair.primary()))
                .findFirst();
        if (kept.isEmpty()) {
            add(pair, "is no pair any more: the host has dropped " + lost(pair), Severity.ERROR);
            return;
        }
        PairView now = kept.get();
        differ(pair, "the MAC address", pair.mac(), now.mac(), Severity.ERROR);
        differ(pair, "the VF", shown(pair.vf()), shown(now.vf()), Severity.ERROR);
        differ(pair, "the pool", shown(pair.pool()), shown(now.pool()), Severity.ERROR);
        differ(pair, "the VLAN", pair.vlan(), now.vlan(), Severity.ERROR);
        differ(pair, "trust", pair.trusted(), now.trusted(), Severity.WARNING);
        for (String alias : List.of(pair.standby().value(), pair.primary().value())) {
            guestAddress(asked, alias)
                    .ifPresent(address -> differ(
                            pair,
                            "the guest's address of " + alias,
                            address.toString(),
                            shown(guestAddress(stored, alias)),
                            Severity.WARNING));
        }
    }

    /** Which part of a pair is missing. */
    private String lost(PairView pair) {
        for (String alias : List.of(pair.standby().value(), pair.primary().value())) {
            Optional<XmlElement> device = device(stored, alias);
            if (device.isEmpty()) {
                return "the alias " + alias;
            }
            if (device.get().child("teaming").isEmpty()) {
                return "<teaming> of " + alias;
            }
        }
        return "a part of it";
    }

    private static Optional<XmlElement> device(String definition, String alias) {
        return DomainDocument.parse(definition).nics().stream()
                .filter(nic -> nic.childAttribute("alias", "name").equals(Optional.of(alias)))
                .findFirst();
    }

    private static Optional<PciAddress> guestAddress(String definition, String alias) {
        return device(definition, alias).flatMap(PciXml::guestAddress);
    }

    private static String shown(Optional<?> value) {
        return value.map(Object::toString).orElse("none");
    }

    private void differ(PairView pair, String what, Object asked, Object now, Severity severity) {
        if (!Objects.equals(asked, now)) {
            add(pair, "was stored otherwise: %s is %s, not %s".formatted(what, now, asked), severity);
        }
    }

    private void add(PairView pair, String what, Severity severity) {
        String subject = vm + ", pair " + pair.standby();
        findings.add(Finding.of(
                        FindingCode.DEFINITION_ALTERED,
                        subject,
                        "The pair %s of %s %s".formatted(pair.standby(), vm, what),
                        "Compare the definition with what the host's version of libvirt or QEMU accepts;"
                                + " aliases have to begin with ua-.")
                .as(severity));
    }
}
