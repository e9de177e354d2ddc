// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.plan;

import java.util.List;
import java.util.Optional;
import org.understudy.core.domain.DomainDocument;
import org.understudy.core.domain.Edits;
import org.understudy.core.domain.XmlElement;

/** Takes back what {@link PairBuilder} wrote, also if libvirt has laid the document out anew since. */
final class PairRemoval {
    private final DomainDocument document;
    private final Nics nics;
    private final Edits edits;

    PairRemoval(DomainDocument document, Nics nics, Edits edits) {
        this.document = document;
        this.nics = nics;
        this.edits = edits;
    }

    void remove(XmlElement standby, Wish wish) {
        standby.child("teaming").ifPresent(edits::remove);
        restoreAlias(standby, wish);
        nics.primariesOf(wish.standby()).stream()
                .filter(p -> p.childAttribute("alias", "name")
                        .filter(wish.primary()::equals)
                        .isPresent())
                .forEach(edits::remove);
        document.devices("controller").stream()
                .filter(c -> isPort(c, wish.rootPort()) && !usedByOthers(wish))
                .forEach(edits::remove);
        removeWish(wish);
    }

    private void restoreAlias(XmlElement standby, Wish wish) {
        Optional<XmlElement> alias = standby.child("alias");
        if (wish.aliasKept() || alias.isEmpty()) {
            return;
        }
        if (wish.aliasBefore().isEmpty()) {
            edits.remove(alias.get());
        } else {
            edits.replace(alias.get().start(), alias.get().end(), wish.aliasBefore());
        }
    }

    private static boolean isPort(XmlElement controller, int index) {
        return controller.attributeOr("model", "").equals("pcie-root-port")
                && controller.attributeOr("index", "").equals(Integer.toString(index));
    }

    /** Somebody may have put another device on the port since. */
    private boolean usedByOthers(Wish wish) {
        return document.devices().stream()
                .filter(d -> d.childAttribute("alias", "name")
                        .filter(wish.primary()::equals)
                        .isEmpty())
                .flatMap(d -> d.children("address").stream())
                .filter(PciBuses::isPci)
                .anyMatch(a -> PciBuses.number(a.attributeOr("bus", "")) == wish.rootPort());
    }

    private void removeWish(Wish wish) {
        XmlElement element = Wish.element(document, wish.standby()).orElseThrow();
        List<XmlElement> holders = Wish.holders(document);
        XmlElement holder = holders.stream()
                .filter(h -> h.children().contains(element))
                .findFirst()
                .orElseThrow();
        if (holder.children().size() > 1) {
            edits.remove(element);
            return;
        }
        restoreMachine(holder);
        XmlElement metadata = document.root().children("metadata").stream()
                .filter(m -> m.children().contains(holder))
                .findFirst()
                .orElseThrow();
        Optional<String> before = holder.attribute("metadata");
        boolean alone =
                isBlank(metadata.startTagEnd(), holder.start()) && isBlank(holder.end(), metadata.endTagStart());
        if (before.isPresent() && alone && before.get().equals("added")) {
            edits.remove(metadata);
        } else if (before.isPresent() && alone) {
            edits.replace(metadata.start(), metadata.end(), before.get());
        } else {
            edits.remove(holder);
        }
    }

    private boolean isBlank(int from, int to) {
        return document.text().substring(from, to).isBlank();
    }

    private void restoreMachine(XmlElement holder) {
        Optional<XmlElement> type = new Ground(document).osType();
        Optional<String> before = holder.attribute("machine");
        if (type.isEmpty() || before.isEmpty()) {
            return;
        }
        type.get().attributeAt("machine").ifPresent(machine -> {
            if (before.get().isEmpty()) {
                edits.remove(machine);
            } else {
                edits.rawValue(machine, before.get());
            }
        });
    }
}
