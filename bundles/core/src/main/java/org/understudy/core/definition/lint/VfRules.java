// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.PciXml;
import org.understudy.core.definition.lint.LintContext.VfFacts;

/** Rules 12, 14, 16 and 17, and the IOMMU group of rule 15: what must hold for the VF itself. */
final class VfRules {
    /** Source: libvirt's own network filters that pin the source MAC. */
    private static final Set<String> SPOOF_FILTERS =
            Set.of("no-mac-spoofing", "clean-traffic", "clean-traffic-gateway");

    private VfRules() {}

    static List<Rule> all() {
        return List.of(
                VfRules::vlans,
                VfRules::settings,
                VfRules::aboveOwnPf,
                VfRules::sharedGroup,
                VfRules::holder,
                VfRules::twice,
                VfRules::nativeMigration);
    }

    private static void vlans(LintSubject subject, Consumer<Finding> to) {
        for (LintSubject.Couple couple : subject.couples()) {
            Optional<Integer> standby = vlan(couple.standby());
            Optional<Integer> primary = vlan(couple.primary());
            if (standby.isPresent() && primary.isPresent() && !standby.equals(primary)) {
                to.accept(differs(subject, couple, "VLAN " + primary.get(), "VLAN " + standby.get()));
            }
        }
    }

    /** Empty for none, and for a trunk, of which nothing is concluded. */
    private static Optional<Integer> vlan(NicElement nic) {
        List<XmlElement> tags =
                nic.xml().child("vlan").map(vlan -> vlan.children("tag")).orElse(List.of());
        return tags.size() == 1 ? tags.get(0).attribute("id").flatMap(PciXml::number) : Optional.empty();
    }

    private static void settings(LintSubject subject, Consumer<Finding> to) {
        for (LintSubject.Couple couple : subject.couples()) {
            facts(subject, couple.primary()).ifPresent(vf -> {
                XmlElement standby = couple.standby().xml();
                BiConsumer<String, String> report = (has, wants) -> to.accept(differs(subject, couple, has, wants));
                Optional<Integer> vlan = vlan(couple.primary()).or(() -> vlan(couple.standby()));
                compare(vf.vlan(), vlan, "VLAN ", report);
                compare(vf.mtu(), standby.childAttribute("mtu", "size").flatMap(PciXml::number), "MTU ", report);
                boolean trustsGuest =
                        standby.attributeOr("trustGuestRxFilters", "").equals("yes");
                if (trustsGuest && vf.trusted().equals(Optional.of(false))) {
                    report.accept("trust off", "trustGuestRxFilters='yes'");
                }
                boolean pinsMac = standby.childAttribute("filterref", "filter")
                        .filter(SPOOF_FILTERS::contains)
                        .isPresent();
                if (pinsMac && vf.spoofCheck().equals(Optional.of(false))) {
                    report.accept("spoof checking off", "a filter against spoofed MAC addresses");
                }
            });
        }
    }

    private static void compare(
            Optional<Integer> has, Optional<Integer> wants, String what, BiConsumer<String, String> report) {
        if (has.isPresent() && wants.isPresent() && !has.equals(wants)) {
            report.accept(what + has.get(), what + wants.get());
        }
    }

    private static Finding differs(LintSubject subject, LintSubject.Couple couple, String has, String wants) {
        return Finding.of(
                FindingCode.VF_SETTINGS_DIFFER,
                subject.subject(couple.primary()),
                couple.primary().label() + " has " + has + ", its standby NIC "
                        + couple.standby().label() + " has " + wants,
                "Set both alike, or the guest is on another network after a failover.");
    }

    private static void aboveOwnPf(LintSubject subject, Consumer<Finding> to) {
        for (LintSubject.Couple couple : subject.couples()) {
            NicElement standby = couple.standby();
            Optional<String> below = standby.isInterface("direct") ? standby.source("dev") : Optional.empty();
            if (below.isPresent() && below.equals(pf(subject, couple.primary()))) {
                to.accept(Finding.of(
                        FindingCode.STANDBY_ABOVE_OWN_PF,
                        subject.subject(standby),
                        standby.label() + " sits on " + DisplayText.quoted(below.get()) + ", the PF of its own primary",
                        "Move such VMs with Understudy, which keeps the PF's forwarding table right, or use another"
                                + " uplink."));
            }
        }
    }

    /** The PF's network device: the VF's parent, or the one PF its pool has. */
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

    private static void sharedGroup(LintSubject subject, Consumer<Finding> to) {
        forEachVf(subject, (primary, vf) -> {
            if (vf.iommuGroupShared().equals(Optional.of(true))) {
                to.accept(Finding.of(
                        FindingCode.IOMMU_GROUP_SHARED,
                        subject.subject(primary),
                        vf(primary) + " shares its IOMMU group with other devices",
                        "Use a slot or platform with ACS, so that each VF is alone in its group."));
            }
        });
    }

    private static void holder(LintSubject subject, Consumer<Finding> to) {
        forEachVf(
                subject,
                (primary, vf) -> vf.holder()
                        .filter(holder -> !holder.isEmpty() && !isThisVm(subject, holder))
                        .ifPresent(holder -> to.accept(Finding.of(
                                FindingCode.VF_NOT_FREE,
                                subject.subject(primary),
                                vf(primary) + " is held by " + DisplayText.quoted(holder),
                                "Take another VF, or free this one first."))));
    }

    private static boolean isThisVm(LintSubject subject, String holder) {
        return subject.document()
                .root()
                .child("name")
                .filter(name -> name.content().equals(holder))
                .isPresent();
    }

    /** One VF for two devices of the document. */
    private static void twice(LintSubject subject, Consumer<Finding> to) {
        Map<PciAddress, Integer> uses = new HashMap<>();
        subject.devices().stream()
                .filter(VfRules::isPassedThrough)
                .forEach(device ->
                        PciXml.hostAddress(device).ifPresent(address -> uses.merge(address, 1, Integer::sum)));
        for (NicElement primary : subject.primaries()) {
            boolean shared = isPassedThrough(primary.xml())
                    && primary.hostAddress().filter(vf -> uses.get(vf) > 1).isPresent();
            if (shared) {
                to.accept(Finding.of(
                        FindingCode.VF_NOT_FREE,
                        subject.subject(primary),
                        vf(primary) + " is used by another device of this VM, too",
                        "Give each device a VF of its own."));
            }
        }
    }

    private static boolean isPassedThrough(XmlElement device) {
        String type = device.attributeOr("type", "");
        return device.is("interface") && type.equals("hostdev") || device.is("hostdev") && type.equals("pci");
    }

    private static void nativeMigration(LintSubject subject, Consumer<Finding> to) {
        forEachVf(subject, (primary, vf) -> {
            if (vf.nativeMigration().equals(Optional.of(true))) {
                to.accept(Finding.of(
                        FindingCode.NATIVE_MIGRATION_LOST,
                        subject.subject(primary),
                        vf(primary) + " could migrate by its own VFIO driver, which a pair switches off",
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
        return "the VF " + primary.hostAddress().orElseThrow() + " of " + primary.label();
    }
}
