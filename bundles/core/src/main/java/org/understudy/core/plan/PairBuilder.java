// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.plan;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PrimaryKind;
import org.understudy.core.domain.DomainDocument;
import org.understudy.core.domain.Edits;
import org.understudy.core.domain.Layout;
import org.understudy.core.domain.XmlElement;
import org.understudy.core.domain.XmlText;

/**
 * Writes what a pair needs. Each addition is the space of its neighbours and one element, put right behind existing
 * markup; that is what {@link PairRemoval} relies on to give back the original to the byte.
 */
final class PairBuilder {
    private final DomainDocument document;
    private final Nics nics;
    private final Layout layout;
    private final Edits edits;

    PairBuilder(DomainDocument document, Nics nics) {
        this.document = document;
        this.nics = nics;
        this.layout = new Layout(document);
        this.edits = new Edits(document);
    }

    String build(XmlElement nic, PairRequest request, PoolPolicy pool, Ground ground) {
        Optional<String> aliasBefore = nic.childAttribute("alias", "name");
        boolean keepsAlias = aliasBefore.filter(a -> a.startsWith("ua-")).isPresent();
        String standby = keepsAlias ? aliasBefore.get() : freeAlias("ua-standby");
        Wish wish = new Wish(
                standby,
                freeAlias("ua-primary"),
                pool.name().value(),
                pool.kind() == PrimaryKind.EMULATED,
                freePciIndex(),
                keepsAlias ? "" : aliasBefore.orElse(""),
                keepsAlias);
        changeStandby(nic, wish);
        addRootPort(nic, wish.rootPort());
        addPrimary(nic, request, pool, wish);
        addWish(wish, ground);
        return edits.apply();
    }

    private void changeStandby(XmlElement nic, Wish wish) {
        String space = layout.spaceForChild(nic);
        int behind = nic.children().get(nic.children().size() - 1).end();
        edits.insert(behind, space + "<teaming type='persistent'/>");
        Optional<XmlElement.Attribute> alias = nic.child("alias").flatMap(a -> a.attributeAt("name"));
        if (alias.isEmpty()) {
            edits.insert(behind, space + "<alias name='" + wish.standby() + "'/>");
        } else if (!wish.aliasKept()) {
            edits.attributeValue(alias.get(), wish.standby());
        }
    }

    private void addRootPort(XmlElement nic, int index) {
        List<XmlElement> controllers = document.devices("controller");
        XmlElement neighbour = controllers.isEmpty() ? nic : controllers.get(controllers.size() - 1);
        edits.insert(
                neighbour.end(),
                layout.spaceBefore(neighbour) + "<controller type='pci' index='" + index
                        + "' model='pcie-root-port'/>");
    }

    private void addPrimary(XmlElement nic, PairRequest request, PoolPolicy pool, Wish wish) {
        String outer = layout.spaceBefore(nic);
        String inner = layout.spaceForChild(nic);
        PrimaryXml xml = new PrimaryXml(document, nic, wish, inner, outer);
        String element = pool.kind() == PrimaryKind.EMULATED
                ? xml.emulated(pool.model().orElse("e1000e"))
                : switch (request.form()) {
                    case POOL_NETWORK -> xml.poolNetwork();
                    case HOSTDEV_INTERFACE -> xml.hostdevInterface(vf(request));
                    case PLAIN_HOSTDEV -> xml.plainHostdev(vf(request));
                };
        edits.insert(nic.end(), outer + element);
    }

    private static PciAddress vf(PairRequest request) {
        return request.vf().orElseThrow(() -> new IllegalStateException("PoolChoice requires a VF for this form"));
    }

    private void addWish(Wish wish, Ground ground) {
        List<XmlElement> holders = Wish.holders(document);
        if (!holders.isEmpty() && !holders.get(0).closesItself()) {
            edits.insert(holders.get(0).endTagStart(), wish.xml());
            return;
        }
        String machine = changeMachine(ground);
        Optional<XmlElement> metadata = document.root().child("metadata");
        if (metadata.isEmpty()) {
            XmlElement first = document.root().children().get(0);
            edits.insert(
                    first.end(),
                    layout.spaceBefore(first) + "<metadata>" + holder(wish, machine + " metadata='added'")
                            + "</metadata>");
        } else if (metadata.get().closesItself()) {
            XmlElement empty = metadata.get();
            String raw = document.text().substring(empty.start(), empty.end());
            String open = raw.substring(0, raw.length() - 2).stripTrailing() + ">";
            String before = machine + " metadata='" + XmlText.encode(raw) + "'";
            edits.replace(empty.start(), empty.end(), open + holder(wish, before) + "</" + empty.name() + ">");
        } else {
            edits.insert(metadata.get().startTagEnd(), holder(wish, machine));
        }
    }

    private static String holder(Wish wish, String attributes) {
        return "<understudy:pairs xmlns:understudy='" + DomainDocument.UNDERSTUDY + "'" + attributes + ">" + wish.xml()
                + "</understudy:pairs>";
    }

    /** Changes the machine type if it must, and returns the attribute that remembers the one before. */
    private String changeMachine(Ground ground) {
        Optional<String> machine = ground.machineToSet();
        Optional<XmlElement> type = ground.osType();
        if (machine.isEmpty() || type.isEmpty()) {
            return "";
        }
        edits.attribute(type.get(), "machine", machine.get());
        return " machine='" + XmlText.encode(ground.machine()) + "'";
    }

    private String freeAlias(String stem) {
        Set<String> used = new HashSet<>();
        document.root().children("devices").stream()
                .flatMap(devices -> devices.children().stream())
                .forEach(device -> device.childAttribute("alias", "name").ifPresent(used::add));
        for (int n = 0; ; n++) {
            if (!used.contains(stem + n) && nics.primariesOf(stem + n).isEmpty()) {
                return stem + n;
            }
        }
    }

    /** Index 0 is pcie-root, which every q35 and virt machine has whether it is written or not. */
    private int freePciIndex() {
        return 1
                + document.devices("controller").stream()
                        .filter(c -> c.attributeOr("type", "").equals("pci"))
                        .map(c -> c.attributeOr("index", "0"))
                        .filter(index -> index.matches("[0-9]{1,3}"))
                        .mapToInt(Integer::parseInt)
                        .max()
                        .orElse(0);
    }
}
