// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.PrimaryForm;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.PciXml;

/**
 * A pair that is there when one is asked for.
 *
 * @param standby alias of its standby NIC
 * @param pool empty if the document does not tell
 * @param form empty for an emulated primary, which has but one
 * @param vf empty if the host picks it
 */
record ExistingPair(String standby, Optional<String> pool, Optional<PrimaryForm> form, Optional<PciAddress> vf) {
    static ExistingPair of(DomainDocument document, XmlElement primary) {
        String standby = primary.childAttribute("teaming", "persistent").orElse("");
        Optional<PairRequestRecord> wish = PairRequestRecord.of(document, standby);
        Optional<PrimaryForm> form =
                wish.filter(PairRequestRecord::emulated).isPresent() ? Optional.empty() : form(primary);
        Optional<String> network = form.equals(Optional.of(PrimaryForm.POOL_NETWORK))
                ? primary.childAttribute("source", "network")
                : Optional.empty();
        return new ExistingPair(
                standby, wish.map(PairRequestRecord::pool).or(() -> network), form, PciXml.hostAddress(primary));
    }

    private static Optional<PrimaryForm> form(XmlElement primary) {
        return primary.is("hostdev")
                ? Optional.of(PrimaryForm.PLAIN_HOSTDEV)
                : switch (primary.attributeOr("type", "")) {
                    case "hostdev" -> Optional.of(PrimaryForm.HOSTDEV_INTERFACE);
                    case "network" -> Optional.of(PrimaryForm.POOL_NETWORK);
                    default -> Optional.empty();
                };
    }

    /** One finding if something else was asked for by name; what was left open fits any pair. */
    List<Finding> differences(PairRequest request) {
        List<String> there = new ArrayList<>();
        List<String> wanted = new ArrayList<>();
        request.pool().filter(name -> !pool.equals(Optional.of(name.value()))).ifPresent(name -> {
            there.add("pool " + pool.map(known -> "'" + known + "'").orElse("unknown"));
            wanted.add("pool '" + name + "'");
        });
        request.form()
                .filter(wish -> form.isPresent() && !form.get().equals(wish))
                .ifPresent(wish -> {
                    there.add("form " + word(form.get()));
                    wanted.add("form " + word(wish));
                });
        request.vf().filter(wish -> !vf.equals(Optional.of(wish))).ifPresent(wish -> {
            there.add("VF " + vf.map(PciAddress::toString).orElse("chosen by the host"));
            wanted.add("VF " + wish);
        });
        return wanted.isEmpty()
                ? List.of()
                : List.of(Finding.of(
                        FindingCode.PAIR_DIFFERS,
                        "interface " + standby,
                        "interface %s is a failover pair already, with %s; asked for was %s"
                                .formatted(standby, String.join(", ", there), String.join(", ", wanted)),
                        "switch the pair off, then on again as wanted"));
    }

    private static String word(PrimaryForm form) {
        return form.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
