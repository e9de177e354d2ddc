// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.understudy.api.Consent;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.Layout;
import org.understudy.api.xml.XmlElement;
import org.understudy.api.xml.XmlText;
import org.understudy.core.definition.PciBuses;

/**
 * Writes the elements of a pair. Each addition is the whitespace of its neighbors and one element, directly after
 * existing markup. {@link PairRemover} relies on this to restore the original to the byte.
 */
final class PairWriter {
    // Source: libvirt, virDomainDeviceInfoParseXML and USER_ALIAS_CHARS; any other alias is dropped silently.
    private static final Pattern USER_ALIAS = Pattern.compile("ua-[A-Za-z0-9_-]{1,61}");

    /** Source: libvirt's schema domaincommon.rng, "ids". */
    private static final Set<String> IDENTITY = Set.of("name", "uuid", "genid");

    private final DomainDocument document;
    private final Layout layout;
    private final Edits edits;

    PairWriter(DomainDocument document) {
        this.document = document;
        this.layout = new Layout(document);
        this.edits = new Edits(document);
    }

    String build(XmlElement nic, PairRequest request, PoolPolicy pool, int rootPort) {
        Optional<String> kept = nic.childAttribute("alias", "name")
                .filter(alias -> USER_ALIAS.matcher(alias).matches());
        Set<String> used = usedAliases();
        PairRequestRecord requestRecord = new PairRequestRecord(
                kept.orElseGet(() -> freeAlias("ua-standby", used)),
                freeAlias("ua-primary", used),
                pool.name().value(),
                pool.kind() == PrimaryKind.EMULATED,
                rootPort,
                kept.isPresent() ? "" : nic.child("alias").map(document::raw).orElse(""),
                kept.isPresent(),
                consents(nic, request));
        changeStandby(nic, requestRecord);
        addRootPort(nic, requestRecord.rootPort());
        addPrimary(nic, request, pool, requestRecord);
        addRequest(requestRecord, new PlatformEligibility(document));
        return edits.apply();
    }

    /** The risks of the request that last as long as the pair; a NIC without a filter gets no consent beforehand. */
    static Set<Consent> consents(XmlElement nic, PairRequest request) {
        return nic.child("filterref").isPresent() && request.consents().contains(Consent.BYPASS_FILTER)
                ? Set.of(Consent.BYPASS_FILTER)
                : Set.of();
    }

    /** Writes the missing primary of a pair; its root port is reused if it is free. */
    String complete(
            XmlElement standby, PairRequest request, PoolPolicy pool, PairRequestRecord requestRecord, int freePort) {
        PairRequestRecord completed = isFreePort(requestRecord.rootPort()) ? requestRecord : requestRecord.on(freePort);
        if (completed != requestRecord) {
            addRootPort(standby, freePort);
            edits.attribute(
                    PairRequestRecord.element(document, requestRecord.standby()).orElseThrow(),
                    "root-port",
                    Integer.toString(freePort));
        }
        addPrimary(standby, request, pool, completed);
        return edits.apply();
    }

    private boolean isFreePort(int index) {
        return document.devices().stream().anyMatch(device -> PciBuses.isRootPort(device, index))
                && PciBuses.used(document.devices().stream()).noneMatch(bus -> bus == index);
    }

    private void changeStandby(XmlElement nic, PairRequestRecord requestRecord) {
        String space = layout.spaceForChild(nic);
        int end = nic.children().get(nic.children().size() - 1).end();
        edits.insert(end, space + "<teaming type='persistent'/>");
        Optional<XmlElement> alias = nic.child("alias");
        if (alias.isEmpty()) {
            edits.insert(end, space + "<alias name='" + requestRecord.standby() + "'/>");
        } else if (!requestRecord.aliasKept()) {
            edits.attribute(alias.get(), "name", requestRecord.standby());
        }
    }

    private void addRootPort(XmlElement nic, int index) {
        List<XmlElement> controllers = document.devices("controller");
        XmlElement neighbor = controllers.isEmpty() ? nic : controllers.get(controllers.size() - 1);
        edits.insert(
                neighbor.end(),
                layout.spaceBefore(neighbor) + "<controller type='pci' index='" + index + "' model='pcie-root-port'/>");
    }

    private void addPrimary(XmlElement nic, PairRequest request, PoolPolicy pool, PairRequestRecord requestRecord) {
        String outer = layout.spaceBefore(nic);
        String inner = layout.spaceForChild(nic);
        PrimaryXml xml = new PrimaryXml(document, nic, requestRecord, inner, outer);
        String element = pool.kind() == PrimaryKind.EMULATED
                ? xml.emulated(pool.model().orElse("e1000e"))
                : switch (request.form().orElse(PrimaryForm.POOL_NETWORK)) {
                    case POOL_NETWORK -> xml.poolNetwork();
                    case HOSTDEV_INTERFACE -> xml.hostdevInterface(vf(request));
                    case PLAIN_HOSTDEV -> xml.plainHostdev(vf(request));
                };
        edits.insert(nic.end(), outer + element);
    }

    private static PciAddress vf(PairRequest request) {
        return request.vf().orElseThrow(() -> new IllegalStateException("PoolSelection requires a VF for this form"));
    }

    private void addRequest(PairRequestRecord requestRecord, PlatformEligibility platform) {
        Optional<String> machineBefore = changeMachine(platform);
        List<XmlElement> holders = PairRequestRecord.holders(document);
        if (!holders.isEmpty() && !holders.get(0).closesItself()) {
            XmlElement holder = holders.get(0);
            String prefix = holder.name()
                    .substring(0, holder.name().length() - holder.localName().length());
            XmlElement last = holder.children().isEmpty()
                    ? holder
                    : holder.children().get(holder.children().size() - 1);
            if (last == holder) {
                edits.insert(holder.endTagStart(), requestRecord.xml(prefix));
            } else {
                edits.insert(last.end(), layout.spaceBefore(last) + requestRecord.xml(prefix));
            }
            machineBefore
                    .filter(machine -> holder.attributeAt("machine").isEmpty())
                    .ifPresent(machine -> edits.attribute(holder, "machine", machine));
            return;
        }
        String machine =
                machineBefore.map(m -> " machine='" + XmlText.encode(m) + "'").orElse("");
        Optional<XmlElement> metadata = document.root().child("metadata");
        if (metadata.isEmpty()) {
            XmlElement before = identity();
            edits.insert(
                    before.end(),
                    layout.spaceBefore(before) + "<metadata>" + holder(requestRecord, machine + " metadata='added'")
                            + "</metadata>");
        } else if (metadata.get().closesItself()) {
            XmlElement empty = metadata.get();
            String raw = document.raw(empty);
            String open = raw.substring(0, raw.length() - 2).stripTrailing() + ">";
            String before = machine + " metadata='" + XmlText.encode(raw) + "'";
            edits.replace(empty.start(), empty.end(), open + holder(requestRecord, before) + "</" + empty.name() + ">");
        } else {
            edits.insert(metadata.get().startTagEnd(), holder(requestRecord, machine));
        }
    }

    /** The last element that identifies the VM: libvirt's schema takes other elements only behind these. */
    private XmlElement identity() {
        List<XmlElement> children = document.root().children();
        return children.stream()
                .filter(child -> IDENTITY.contains(child.name()))
                .reduce((earlier, later) -> later)
                .orElse(children.get(0));
    }

    private static String holder(PairRequestRecord requestRecord, String attributes) {
        return "<understudy:pairs xmlns:understudy='" + DomainDocument.UNDERSTUDY + "'" + attributes + ">"
                + requestRecord.xml("understudy:") + "</understudy:pairs>";
    }

    /** Changes the machine type if required, and returns the former one, an empty text if there was none. */
    private Optional<String> changeMachine(PlatformEligibility platform) {
        Optional<String> machine = platform.machineToSet();
        Optional<XmlElement> type = platform.osType();
        if (machine.isEmpty() || type.isEmpty()) {
            return Optional.empty();
        }
        edits.attribute(type.get(), "machine", machine.get());
        return Optional.of(type.get().attributeAt("machine").map(document::raw).orElse(""));
    }

    /** All aliases that a device has or a primary refers to. */
    private Set<String> usedAliases() {
        Set<String> used = new HashSet<>();
        document.devices().forEach(device -> {
            device.childAttribute("alias", "name").ifPresent(used::add);
            device.childAttribute("teaming", "persistent").ifPresent(used::add);
        });
        return used;
    }

    private static String freeAlias(String stem, Set<String> used) {
        int n = 0;
        while (used.contains(stem + n)) {
            n++;
        }
        return stem + n;
    }
}
