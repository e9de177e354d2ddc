// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Policy;
import org.understudy.api.PrimaryKind;
import org.understudy.core.definition.DomainView;

/** The kind of device behind a primary, as far as the document and the configuration determine it. */
enum PrimarySource {
    /** A device of the host. */
    PASSED_THROUGH,
    /** An emulated PCI NIC. */
    EMULATED,
    /** A device that cannot be a primary. */
    UNSUITABLE,
    /** A network of unknown kind; most likely a VF pool. */
    UNKNOWN;

    private static final Set<String> PCI_MODELS = Set.of("igb", "rtl8139", "vmxnet3", "pcnet", "ne2k_pci", "tulip");

    static PrimarySource of(LintSubject subject, NicElement primary) {
        if (!primary.isInterface()) {
            boolean pci = primary.xml().attributeOr("mode", "subsystem").equals("subsystem")
                    && primary.xml().attributeOr("type", "").equals("pci");
            return pci ? PASSED_THROUGH : UNSUITABLE;
        }
        if (primary.isInterface("hostdev")) {
            return PASSED_THROUGH;
        }
        boolean emulated = primary.model().filter(PrimarySource::isPciModel).isPresent();
        if (primary.isInterface("network")) {
            return ofNetwork(subject, primary, emulated);
        }
        return emulated ? EMULATED : UNSUITABLE;
    }

    private static PrimarySource ofNetwork(LintSubject subject, NicElement primary, boolean emulated) {
        Optional<PrimaryKind> kind = pool(subject, primary).map(Policy.PoolPolicy::kind);
        if (kind.isPresent()) {
            return kind.get() == PrimaryKind.VF ? PASSED_THROUGH : EMULATED;
        }
        if (isOrdinaryNetwork(subject, primary)) {
            return emulated ? EMULATED : UNSUITABLE;
        }
        // The model is no evidence: libvirt writes a default one even if the network is a VF pool.
        return emulated && isRequestedEmulated(subject, primary) ? EMULATED : UNKNOWN;
    }

    private static boolean isRequestedEmulated(LintSubject subject, NicElement primary) {
        return DomainView.requests(subject.document())
                .filter(request -> request.attribute("standby").equals(primary.standbyAlias()))
                .anyMatch(request -> request.attributeOr("kind", "").equals("emulated"));
    }

    /** The configured pool of a primary. */
    static Optional<Policy.PoolPolicy> pool(LintSubject subject, NicElement primary) {
        Optional<String> network = primary.isInterface("network") ? primary.source("network") : Optional.empty();
        List<Policy.PoolPolicy> pools =
                subject.context().policy().map(Policy::pools).orElse(List.of());
        return network.flatMap(name ->
                pools.stream().filter(p -> p.name().value().equals(name)).findFirst());
    }

    /** Whether the network is that of the standby NIC, or one that the configuration maps to a pool. */
    static boolean isOrdinaryNetwork(LintSubject subject, NicElement primary) {
        return primary.source("network")
                .filter(name -> subject.context()
                                .policy()
                                .filter(p -> p.networkPools().containsKey(name))
                                .isPresent()
                        || subject.standbyOf(primary)
                                .flatMap(standby -> standby.source("network"))
                                .filter(name::equals)
                                .isPresent())
                .isPresent();
    }

    private static boolean isPciModel(String model) {
        return PCI_MODELS.contains(model) || model.startsWith("e1000") || model.startsWith("i8255");
    }
}
