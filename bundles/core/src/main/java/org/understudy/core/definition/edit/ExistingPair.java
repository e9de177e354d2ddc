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
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/**
 * A pair that already exists when one is requested.
 *
 * @param standby alias of its standby NIC
 * @param pool empty if it is not in the document
 * @param form empty for an emulated primary, which has only one form
 * @param vf empty if the host selects it
 */
record ExistingPair(String standby, Optional<String> pool, Optional<PrimaryForm> form, Optional<PciAddress> vf) {
    static ExistingPair of(DomainDocument document, XmlElement primary) {
        String standby = primary.childAttribute("teaming", "persistent").orElse("");
        Optional<PairRequestRecord> request = PairRequestRecord.of(document, standby);
        Optional<PrimaryForm> form =
                request.filter(PairRequestRecord::emulated).isPresent() ? Optional.empty() : form(primary);
        Optional<String> network = form.equals(Optional.of(PrimaryForm.POOL_NETWORK))
                ? primary.childAttribute("source", "network")
                : Optional.empty();
        return new ExistingPair(
                standby, request.map(PairRequestRecord::pool).or(() -> network), form, PciXml.hostAddress(primary));
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

    /** One finding if the request differs from the pair; values that the request leaves open do not differ. */
    List<Finding> differences(PairRequest request) {
        List<String> actual = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        request.pool().filter(name -> !pool.equals(Optional.of(name.value()))).ifPresent(name -> {
            actual.add("pool " + pool.map(known -> "'" + known + "'").orElse("unknown"));
            expected.add("pool '" + name + "'");
        });
        request.form()
                .filter(requested -> form.isPresent() && !form.get().equals(requested))
                .ifPresent(requested -> {
                    actual.add("form " + formId(form.get()));
                    expected.add("form " + formId(requested));
                });
        request.vf().filter(requested -> !vf.equals(Optional.of(requested))).ifPresent(requested -> {
            actual.add("VF " + vf.map(PciAddress::toString).orElse("selected by the host"));
            expected.add("VF " + requested);
        });
        return expected.isEmpty()
                ? List.of()
                : List.of(Finding.of(
                        FindingCode.PAIR_DIFFERS,
                        "interface " + standby,
                        "Interface %s is already a failover pair with %s; requested: %s"
                                .formatted(standby, String.join(", ", actual), String.join(", ", expected)),
                        "Remove the pair with \"understudy:pair-off\", then create it as requested."));
    }

    /** The form as users write it. */
    static String formId(PrimaryForm form) {
        return form.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
