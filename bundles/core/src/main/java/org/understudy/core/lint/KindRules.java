// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lint;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policy;
import org.understudy.core.domain.PlatformXml;

/** Rules 1 and 10: the machine and the two NICs are of a kind that can fail over. */
final class KindRules {
    private KindRules() {}

    static List<Rule> all() {
        return List.of(KindRules::machine, KindRules::standbys, KindRules::primaries);
    }

    private static void machine(Case it, Consumer<Finding> to) {
        Machine machine = Machine.of(it.document());
        if (it.primaries().isEmpty() || machine.pcie() != Machine.Pcie.NO) {
            return;
        }
        to.accept(Finding.of(
                FindingCode.MACHINE_WITHOUT_PCIE,
                it.vm(),
                it.vm() + " has " + machine.name() + ", which has no PCIe slot for a primary",
                "Turn the pair on again and consent to q35, or install the guest anew on a PCIe machine (q35, virt)."));
    }

    private static void standbys(Case it, Consumer<Finding> to) {
        for (NicElement standby : it.standbys()) {
            if (!standby.isVirtio() && !mayBeVirtio(it, standby)) {
                String model = standby.model()
                        .map(m -> "has the model " + Shown.quoted(m))
                        .orElse("has no model, which is not virtio here");
                to.accept(Finding.of(
                        FindingCode.STANDBY_NOT_VIRTIO,
                        it.subject(standby),
                        standby.label() + " is a standby NIC and " + model,
                        "Use <model type='virtio'/>; check first that the guest has the driver."));
            }
        }
    }

    /** Without a model the host chooses: virtio on many architectures, never on x86. */
    private static boolean mayBeVirtio(Case it, NicElement standby) {
        return standby.isInterface()
                && !standby.isInterface("hostdev")
                && standby.model().isEmpty()
                && !PlatformXml.of(it.document()).isX86();
    }

    private static void primaries(Case it, Consumer<Finding> to) {
        for (NicElement primary : it.primaries()) {
            switch (Carrier.of(it, primary)) {
                case EMULATED -> to.accept(emulated(it, primary));
                case UNFIT -> to.accept(unfit(it, primary));
                default -> {
                    // A VF, or most likely one.
                }
            }
        }
    }

    private static Finding emulated(Case it, NicElement primary) {
        String model = primary.label() + " is an emulated "
                + primary.model().map(Shown::cut).orElse("NIC");
        Optional<Boolean> allowed = it.context().policy().map(Policy::allowEmulatedPrimary);
        return allowed.orElse(true)
                ? Finding.of(
                        FindingCode.EMULATED_PRIMARY,
                        it.subject(primary),
                        model + " that stands in for a VF",
                        "Use a pool of VFs in production.")
                : Finding.of(
                        FindingCode.EMULATED_PRIMARY_NOT_ALLOWED,
                        it.subject(primary),
                        model + ", and the configuration does not allow that as a primary",
                        "Use a pool of VFs, or set allow-emulated-primary in etc/understudy.yaml.");
    }

    private static Finding unfit(Case it, NicElement primary) {
        String type = Shown.quoted(primary.xml().attributeOr("type", ""));
        String network = primary.source("network")
                .map(name -> " on the network " + Shown.quoted(name))
                .orElse("");
        return Finding.of(
                FindingCode.PRIMARY_NOT_PASSED_THROUGH,
                it.subject(primary),
                primary.label() + " is a primary of type " + type + network + ", which is no VF",
                "Use a VF: <interface type='hostdev'>, a network that is a VF pool, or a PCI <hostdev>.");
    }
}
