// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.Severity;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;

/**
 * Compares the pairs of a definition with what the host stored. libvirt silently drops an alias that does not begin
 * with {@code ua-}, and elements that it does not know.
 */
public final class StoredDefinitionDiff {
    private final String vm;
    private final String stored;
    private final List<Finding> findings = new ArrayList<>();

    private StoredDefinitionDiff(String vm, String stored) {
        this.vm = vm;
        this.stored = stored;
    }

    /** Empty if each pair is stored as requested; an error for a pair that was lost. */
    public static List<Finding> of(String requested, String stored) {
        DomainView before = DomainView.of(requested);
        StoredDefinitionDiff diff = new StoredDefinitionDiff(before.name().toString(), stored);
        DomainView after = DomainView.of(stored);
        before.pairs().forEach(pair -> diff.compare(pair, requested, after));
        return List.copyOf(diff.findings);
    }

    private void compare(PairView pair, String requested, DomainView after) {
        Optional<PairView> kept = after.pairs().stream()
                .filter(p -> p.isSameAs(pair)
                        || p.standby().equals(pair.standby()) && PairXml.isAfterStandby(pair.primary()))
                .findFirst();
        if (kept.isEmpty()) {
            add(pair, "is no longer a pair: the host dropped " + missingPart(pair), Severity.ERROR);
            return;
        }
        PairView now = kept.get();
        compare(pair, "the MAC address", pair.mac(), now.mac(), Severity.ERROR);
        compare(pair, "the VF", text(pair.vf()), text(now.vf()), Severity.ERROR);
        compare(pair, "the pool", text(pair.pool()), text(now.pool()), Severity.ERROR);
        compare(pair, "the VLAN", pair.vlan(), now.vlan(), Severity.ERROR);
        compare(pair, "trust", pair.policy().trusted(), now.policy().trusted(), Severity.WARNING);
        compareAddress(pair, requested, pair.standby(), now.standby());
        compareAddress(pair, requested, pair.primary(), now.primary());
    }

    private void compareAddress(PairView pair, String requested, Alias name, Alias nameNow) {
        guestAddress(requested, name)
                .ifPresent(address -> compare(
                        pair,
                        "the guest address of " + name,
                        address.toString(),
                        text(guestAddress(stored, nameNow)),
                        Severity.WARNING));
    }

    /** The missing part of a pair. */
    private String missingPart(PairView pair) {
        for (Alias alias : List.of(pair.standby(), pair.primary())) {
            Optional<XmlElement> device = device(stored, alias);
            if (device.isEmpty()) {
                return "the alias " + alias;
            }
            if (device.get().child("teaming").isEmpty()) {
                return "<teaming> of " + alias;
            }
        }
        return "a part of the pair";
    }

    private static Optional<XmlElement> device(String definition, Alias alias) {
        return PairXml.nic(DomainDocument.parse(definition), alias);
    }

    private static Optional<PciAddress> guestAddress(String definition, Alias alias) {
        return device(definition, alias).flatMap(PciXml::guestAddress);
    }

    private static String text(Optional<?> value) {
        return value.map(Object::toString).orElse("none");
    }

    private void compare(PairView pair, String property, Object requested, Object now, Severity severity) {
        if (!Objects.equals(requested, now)) {
            add(pair, "was changed by the host: %s is %s, not %s".formatted(property, now, requested), severity);
        }
    }

    private void add(PairView pair, String change, Severity severity) {
        String subject = "vm " + vm + ", pair " + pair.standby();
        findings.add(Finding.of(
                        FindingCode.DEFINITION_ALTERED,
                        subject,
                        "Pair %s of VM %s %s".formatted(pair.standby(), vm, change),
                        "Compare the definition with what this version of libvirt or QEMU accepts; aliases must begin with ua-.")
                .as(severity));
    }
}
