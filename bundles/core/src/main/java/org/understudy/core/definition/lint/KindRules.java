// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policy;
import org.understudy.api.xml.PlatformXml;

/** Rules 1 and 10: the machine type and both NICs support failover. */
final class KindRules {
    private KindRules() {}

    static List<Rule> all() {
        return List.of(KindRules::machine, KindRules::standbys, KindRules::primaries);
    }

    private static void machine(LintSubject subject, Consumer<Finding> findings) {
        MachineSpec machine = MachineSpec.of(subject.document());
        if (subject.primaries().isEmpty() || machine.pcie() != MachineSpec.Pcie.NO) {
            return;
        }
        findings.accept(Finding.of(
                FindingCode.MACHINE_WITHOUT_PCIE,
                subject.vm(),
                subject.vmTitle() + " has " + machine.name() + " and therefore no PCIe slot for a primary",
                "Create the pair again with \"understudy:pair-on\" and the consent change-machine-type, or reinstall the guest"
                        + " on a machine type with PCIe (q35, virt)."));
    }

    private static void standbys(LintSubject subject, Consumer<Finding> findings) {
        for (NicElement standby : subject.standbys()) {
            if (!standby.isVirtio() && !mayBeVirtio(subject, standby)) {
                String model = standby.model()
                        .map(m -> "has the model " + DisplayText.quoted(m) + ", not virtio")
                        .orElse("has no model; the default is not virtio");
                findings.accept(Finding.of(
                        FindingCode.STANDBY_NOT_VIRTIO,
                        subject.subject(standby),
                        standby.title() + " is a standby NIC and " + model,
                        "Check that the guest has the virtio driver, then set <model type='virtio'/>."));
            }
        }
    }

    /** Without a model the host selects one: virtio on many architectures, never on x86. */
    private static boolean mayBeVirtio(LintSubject subject, NicElement standby) {
        return standby.isInterface()
                && !standby.isInterface("hostdev")
                && standby.model().isEmpty()
                && !PlatformXml.of(subject.document()).isX86();
    }

    private static void primaries(LintSubject subject, Consumer<Finding> findings) {
        for (NicElement primary : subject.primaries()) {
            switch (PrimarySource.of(subject, primary)) {
                case EMULATED -> findings.accept(emulated(subject, primary));
                case UNSUITABLE -> findings.accept(unsuitable(subject, primary));
                default -> {
                    // A VF, certainly or most likely.
                }
            }
        }
    }

    private static Finding emulated(LintSubject subject, NicElement primary) {
        String text = primary.title() + " is an emulated "
                + primary.model().map(DisplayText::cut).orElse("NIC");
        Optional<Boolean> allowed = subject.context().policy().map(Policy::allowEmulatedPrimary);
        return allowed.orElse(true)
                ? Finding.of(
                        FindingCode.EMULATED_PRIMARY,
                        subject.subject(primary),
                        text + ", not a VF",
                        "Use a pool of VFs in production.")
                : Finding.of(
                        FindingCode.EMULATED_PRIMARY_NOT_ALLOWED,
                        subject.subject(primary),
                        text + ", and the configuration does not allow an emulated primary",
                        "Use a pool of VFs, or set allow-emulated-primary: true in etc/understudy.yaml.");
    }

    private static Finding unsuitable(LintSubject subject, NicElement primary) {
        String type = DisplayText.quoted(primary.xml().attributeOr("type", ""));
        String network = primary.source("network")
                .map(name -> " on the network " + DisplayText.quoted(name))
                .orElse("");
        return Finding.of(
                FindingCode.PRIMARY_NOT_PASSED_THROUGH,
                subject.subject(primary),
                primary.title() + " is a primary of type " + type + network + ", which is not a VF",
                "Use a VF: <interface type='hostdev'>, a network that is a VF pool, or a PCI <hostdev>.");
    }
}
