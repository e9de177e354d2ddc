// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.PciBuses;

/** Removes what {@link PairWriter} wrote, even if libvirt has reformatted the document since. */
final class PairRemover {
    private final DomainDocument document;
    private final PairRequestRecord requestRecord;
    private final List<Finding> findings;
    private final Edits edits;
    private final Set<XmlElement> added;

    PairRemover(DomainDocument document, PairRequestRecord requestRecord, List<Finding> findings) {
        this.document = document;
        this.requestRecord = requestRecord;
        this.findings = findings;
        this.edits = new Edits(document);
        boolean portIsFree = !isPortUsedByOthers();
        this.added = document.devices().stream()
                .filter(device -> isPrimary(device) || portIsFree && isPort(device))
                .collect(Collectors.toSet());
    }

    String remove(XmlElement standby) {
        standby.child("teaming").ifPresent(edits::remove);
        restoreAlias(standby);
        added.forEach(edits::remove);
        removeRequest();
        return edits.apply();
    }

    private void restoreAlias(XmlElement standby) {
        Optional<XmlElement> alias = standby.child("alias");
        if (requestRecord.aliasKept() || alias.isEmpty()) {
            return;
        }
        if (requestRecord.aliasBefore().isEmpty()) {
            edits.remove(alias.get());
        } else {
            edits.replace(alias.get().start(), alias.get().end(), requestRecord.aliasBefore());
        }
    }

    private boolean isPrimary(XmlElement device) {
        return device.childAttribute("teaming", "persistent")
                        .filter(requestRecord.standby()::equals)
                        .isPresent()
                && device.childAttribute("alias", "name")
                        .filter(requestRecord.primary()::equals)
                        .isPresent();
    }

    private boolean isPort(XmlElement device) {
        return PciBuses.isRootPort(device, requestRecord.rootPort());
    }

    /** Another device may have been added to the port since. */
    private boolean isPortUsedByOthers() {
        return PciBuses.used(document.devices().stream().filter(d -> !isPrimary(d)))
                .anyMatch(bus -> bus == requestRecord.rootPort());
    }

    private void removeRequest() {
        XmlElement element =
                PairRequestRecord.element(document, requestRecord.standby()).orElseThrow();
        List<XmlElement> holders = PairRequestRecord.holders(document);
        XmlElement holder = holders.stream()
                .filter(h -> h.children().contains(element))
                .findFirst()
                .orElseThrow();
        if (PairRequestRecord.elements(document)
                        .filter(holder.children()::contains)
                        .count()
                > 1) {
            edits.remove(element);
            return;
        }
        restoreMachine(holder);
        if (holder.children().size() > 1) {
            // Marks of NICs, which the admin wrote.
            edits.remove(element);
            holder.attributeAt("machine").ifPresent(edits::remove);
            return;
        }
        XmlElement metadata = document.root().children("metadata").stream()
                .filter(m -> m.children().contains(holder))
                .findFirst()
                .orElseThrow();
        Optional<String> before = holder.attribute("metadata");
        boolean isOnlyChild =
                isBlank(metadata.startTagEnd(), holder.start()) && isBlank(holder.end(), metadata.endTagStart());
        if (before.isPresent() && isOnlyChild && before.get().equals("added")) {
            edits.remove(metadata);
        } else if (before.isPresent() && isOnlyChild) {
            edits.replace(metadata.start(), metadata.end(), before.get());
        } else {
            edits.remove(holder);
        }
    }

    private boolean isBlank(int from, int to) {
        return document.text().substring(from, to).isBlank();
    }

    private void restoreMachine(XmlElement holder) {
        Optional<XmlElement.Attribute> machine =
                new PlatformEligibility(document).osType().flatMap(type -> type.attributeAt("machine"));
        Optional<String> before = holder.attribute("machine");
        if (machine.isEmpty() || before.isEmpty()) {
            return;
        }
        if (hasAddressesOfNewMachine()) {
            keepMachine(machine.get().value(), before.get());
        } else if (before.get().isEmpty()) {
            edits.remove(machine.get());
        } else {
            edits.rawValue(machine.get(), before.get());
        }
    }

    /** Whether a host has assigned addresses that exist only on the new machine type to other devices. */
    private boolean hasAddressesOfNewMachine() {
        return document.devices().stream()
                .filter(device -> !added.contains(device))
                .anyMatch(device -> PciXml.guestElement(device).isPresent() || PciXml.isController(device));
    }

    private void keepMachine(String machine, String before) {
        findings.add(Finding.of(
                        FindingCode.RESTORE_IMPOSSIBLE,
                        "machine " + machine,
                        "Machine type '" + machine + "' is kept, although "
                                + (before.isEmpty() ? "none was set" : "it was '" + before + "'")
                                + " before the pair: the devices now have PCI addresses of this machine type",
                        "Keep this machine type; the guest has been running on it.")
                .as(Severity.WARNING));
    }
}
