// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.NicPolicy;
import org.understudy.core.definition.lint.LintContext.VfFacts;

/** Rules 12, 14, 16 and 17, and the IOMMU group of rule 15: conditions on the VF itself. */
final class VfRules {
    private VfRules() {}

    static List<Rule> all() {
        return List.of(
                VfRules::vlans,
                VfRules::settings,
                VfRules::onOwnPf,
                VfRules::sharedGroup,
                VfRules::holder,
                VfRules::usedTwice,
                VfRules::nativeMigration);
    }

    private static void vlans(LintSubject subject, Consumer<Finding> findings) {
        for (LintSubject.TeamedPair pair : subject.pairs()) {
            Optional<Integer> standby = vlan(pair.standby());
            Optional<Integer> primary = vlan(pair.primary());
            if (standby.isPresent() && primary.isPresent() && !standby.equals(primary)) {
                findings.accept(differs(subject, pair, "VLAN " + primary.get(), "VLAN " + standby.get()));
            }
        }
    }

    /** Empty without a VLAN, and for a trunk, which is not compared. */
    private static Optional<Integer> vlan(NicElement nic) {
        List<XmlElement> tags =
                nic.xml().child("vlan").map(vlan -> vlan.children("tag")).orElse(List.of());
        return tags.size() == 1 ? tags.get(0).attribute("id").flatMap(PciXml::number) : Optional.empty();
    }

    private static void settings(LintSubject subject, Consumer<Finding> findings) {
        for (LintSubject.TeamedPair pair : subject.pairs()) {
            facts(subject, pair.primary()).ifPresent(vf -> {
                XmlElement standby = pair.standby().xml();
                BiConsumer<String, String> report =
                        (actual, expected) -> findings.accept(differs(subject, pair, actual, expected));
                Optional<Integer> vlan = vlan(pair.primary()).or(() -> vlan(pair.standby()));
                compare(vf.vlan(), vlan, "VLAN ", report);
                boolean trustsGuest =
                        standby.attributeOr("trustGuestRxFilters", "").equals("yes");
                if (trustsGuest && vf.trusted().equals(Optional.of(false))) {
                    report.accept("trust off", "trustGuestRxFilters='yes'");
                }
                if (NicPolicy.of(standby).pinsMac() && vf.spoofCheck().equals(Optional.of(false))) {
                    report.accept("spoof checking off", "a filter against spoofed MAC addresses");
                }
            });
        }
    }

    private static void compare(
            Optional<Integer> actual, Optional<Integer> expected, String setting, BiConsumer<String, String> report) {
        if (actual.isPresent() && expected.isPresent() && !actual.equals(expected)) {
            report.accept(setting + actual.get(), setting + expected.get());
        }
    }

    private static Finding differs(LintSubject subject, LintSubject.TeamedPair pair, String actual, String expected) {
        return Finding.of(
                FindingCode.VF_SETTINGS_DIFFER,
                subject.subject(pair.primary()),
                pair.primary().title() + " has " + actual + ", but its standby NIC "
                        + pair.standby().label() + " has " + expected,
                "Set the same value on both, so that the guest stays on the same network after a failover.");
    }

    private static void onOwnPf(LintSubject subject, Consumer<Finding> findings) {
        for (LintSubject.TeamedPair pair : subject.pairs()) {
            NicElement standby = pair.standby();
            Optional<String> lowerDevice = standby.isInterface("direct") ? standby.source("dev") : Optional.empty();
            if (lowerDevice.isPresent() && lowerDevice.equals(pf(subject, pair.primary()))) {
                findings.accept(Finding.of(
                        FindingCode.STANDBY_ABOVE_OWN_PF,
                        subject.subject(standby),
                        standby.title() + " is a macvtap device on " + DisplayText.quoted(lowerDevice.get())
                                + ", the PF of its own primary",
                        "Attach the standby NIC to another uplink, or migrate the VM only with Understudy, which updates"
                                + " the forwarding table of the PF."));
            }
        }
    }

    /** The network device of the PF: the parent of the VF, or the only PF of its pool. */
    private static Optional<String> pf(LintSubject subject, NicElement primary) {
        List<String> pfs =
                PrimarySource.pool(subject, primary).map(Policy.PoolPolicy::selectors).orElse(List.of()).stream()
                        .flatMap(selector -> selector.pf().stream())
                        .distinct()
                        .toList();
        return facts(subject, primary)
                .flatMap(VfFacts::parent)
                .or(() -> pfs.size() == 1 ? Optional.of(pfs.get(0)) : Optional.empty());
    }

    private static void sharedGroup(LintSubject subject, Consumer<Finding> findings) {
        forEachVf(subject, (primary, vf) -> {
            if (vf.iommuGroupShared().equals(Optional.of(true))) {
                findings.accept(Finding.of(
                        FindingCode.IOMMU_GROUP_SHARED,
                        subject.subject(primary),
                        vf(primary) + " shares its IOMMU group with other devices",
                        "Use a slot or platform with ACS, so that each VF has its own group."));
            }
        });
    }

    private static void holder(LintSubject subject, Consumer<Finding> findings) {
        forEachVf(
                subject,
                (primary, vf) -> vf.holder()
                        .filter(holder -> !holder.isEmpty() && !isThisVm(subject, holder))
                        .ifPresent(holder -> findings.accept(Finding.of(
                                FindingCode.VF_NOT_FREE,
                                subject.subject(primary),
                                vf(primary) + " is in use by " + DisplayText.quoted(holder),
                                "Select another VF, or release this one first."))));
    }

    private static boolean isThisVm(LintSubject subject, String holder) {
        return subject.document()
                .root()
                .child("name")
                .filter(name -> name.text().equals(holder))
                .isPresent();
    }

    /** Two devices of the document use the same VF. */
    private static void usedTwice(LintSubject subject, Consumer<Finding> findings) {
        Map<PciAddress, Integer> uses = new HashMap<>();
        subject.devices().stream()
                .filter(VfRules::isPassedThrough)
                .forEach(device ->
                        PciXml.hostAddress(device).ifPresent(address -> uses.merge(address, 1, Integer::sum)));
        for (NicElement primary : subject.primaries()) {
            boolean shared = isPassedThrough(primary.xml())
                    && primary.hostAddress().filter(vf -> uses.get(vf) > 1).isPresent();
            if (shared) {
                findings.accept(Finding.of(
                        FindingCode.VF_NOT_FREE,
                        subject.subject(primary),
                        vf(primary) + " is also used by another device of this VM",
                        "Select a different VF for each device."));
            }
        }
    }

    private static boolean isPassedThrough(XmlElement device) {
        String type = device.attributeOr("type", "");
        return device.is("interface") && type.equals("hostdev") || device.is("hostdev") && type.equals("pci");
    }

    private static void nativeMigration(LintSubject subject, Consumer<Finding> findings) {
        forEachVf(subject, (primary, vf) -> {
            if (vf.nativeMigration().equals(Optional.of(true))) {
                findings.accept(Finding.of(
                        FindingCode.NATIVE_MIGRATION_LOST,
                        subject.subject(primary),
                        vf(primary) + " supports VFIO migration, which a failover pair disables",
                        ""));
            }
        });
    }

    private static void forEachVf(LintSubject subject, BiConsumer<NicElement, VfFacts> consumer) {
        subject.primaries().forEach(primary -> facts(subject, primary).ifPresent(vf -> consumer.accept(primary, vf)));
    }

    private static Optional<VfFacts> facts(LintSubject subject, NicElement primary) {
        return primary.hostAddress().map(subject.context().vfs()::get);
    }

    private static String vf(NicElement primary) {
        return "VF " + primary.hostAddress().orElseThrow() + " of " + primary.label();
    }
}
