// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policy;
import org.understudy.core.definition.PlatformXml;

/** Rules 1 and 10: the machine and the two NICs are of a kind that can fail over. */
final class KindRules {
    private KindRules() {}

    static List<Rule> all() {
        return List.of(KindRules::machine, KindRules::standbys, KindRules::primaries);
    }

    private static void machine(LintSubject subject, Consumer<Finding> to) {
        MachineSpec machine = MachineSpec.of(subject.document());
        if (subject.primaries().isEmpty() || machine.pcie() != MachineSpec.Pcie.NO) {
            return;
        }
        to.accept(Finding.of(
                FindingCode.MACHINE_WITHOUT_PCIE,
                subject.vm(),
                subject.vm() + " has " + machine.name() + ", which has no PCIe slot for a primary",
                "Turn the pair on again and consent to q35, or install the guest anew on a PCIe machine (q35, virt)."));
    }

    private static void standbys(LintSubject subject, Consumer<Finding> to) {
        for (NicElement standby : subject.standbys()) {
            if (!standby.isVirtio() && !mayBeVirtio(subject, standby)) {
                String model = standby.model()
                        .map(m -> "has the model " + DisplayText.quoted(m))
                        .orElse("has no model, which is not virtio here");
                to.accept(Finding.of(
                        FindingCode.STANDBY_NOT_VIRTIO,
                        subject.subject(standby),
                        standby.label() + " is a standby NIC and " + model,
                        "Use <model type='virtio'/>; check first that the guest has the driver."));
            }
        }
    }

    /** Without a model the host chooses: virtio on many architectures, never on x86. */
    private static boolean mayBeVirtio(LintSubject subject, NicElement standby) {
        return standby.isInterface()
                && !standby.isInterface("hostdev")
                && standby.model().isEmpty()
                && !PlatformXml.of(subject.document()).isX86();
    }

    private static void primaries(LintSubject subject, Consumer<Finding> to) {
        for (NicElement primary : subject.primaries()) {
            switch (PrimarySource.of(subject, primary)) {
                case EMULATED -> to.accept(emulated(subject, primary));
                case UNFIT -> to.accept(unfit(subject, primary));
                default -> {
                    // A VF, or most likely one.
                }
            }
        }
    }

    private static Finding emulated(LintSubject subject, NicElement primary) {
        String model = primary.label() + " is an emulated "
                + primary.model().map(DisplayText::cut).orElse("NIC");
        Optional<Boolean> allowed = subject.context().policy().map(Policy::allowEmulatedPrimary);
        return allowed.orElse(true)
                ? Finding.of(
                        FindingCode.EMULATED_PRIMARY,
                        subject.subject(primary),
                        model + " that stands in for a VF",
                        "Use a pool of VFs in production.")
                : Finding.of(
                        FindingCode.EMULATED_PRIMARY_NOT_ALLOWED,
                        subject.subject(primary),
                        model + ", and the configuration does not allow that as a primary",
                        "Use a pool of VFs, or set allow-emulated-primary in etc/understudy.yaml.");
    }

    private static Finding unfit(LintSubject subject, NicElement primary) {
        String type = DisplayText.quoted(primary.xml().attributeOr("type", ""));
        String network = primary.source("network")
                .map(name -> " on the network " + DisplayText.quoted(name))
                .orElse("");
        return Finding.of(
                FindingCode.PRIMARY_NOT_PASSED_THROUGH,
                subject.subject(primary),
                primary.label() + " is a primary of type " + type + network + ", which is no VF",
                "Use a VF: <interface type='hostdev'>, a network that is a VF pool, or a PCI <hostdev>.");
    }
}
