// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.XmlElement;

/** Rule 2, both halves have one unicast MAC, and the part of rule 16 that nobody else has it. */
final class MacRules {
    private MacRules() {}

    static List<Rule> all() {
        return List.of(new Mismatch(), MacRules::notUnicast, MacRules::duplicates);
    }

    private static final class Mismatch implements Rule {
        @Override
        public void judge(LintSubject subject, Consumer<Finding> to) {
            couples(subject).forEach(couple -> {
                Finding finding = Finding.of(
                        FindingCode.MAC_MISMATCH,
                        subject.subject(couple.primary()),
                        couple.primary().label() + " has " + mac(couple.primary()) + ", its standby NIC "
                                + couple.standby().label() + " has " + mac(couple.standby()),
                        "Give the primary the MAC address of the standby NIC.");
                to.accept(isFixable(couple) ? finding.withFix() : finding);
            });
        }

        /** A plain hostdev has no MAC in the document, and so none that could differ. */
        private static Stream<LintSubject.Couple> couples(LintSubject subject) {
            return subject.couples().stream()
                    .filter(c -> c.primary().isInterface())
                    .filter(c -> c.primary().mac().isEmpty()
                            || !c.primary().mac().equals(c.standby().mac()));
        }

        private static boolean isFixable(LintSubject.Couple couple) {
            return couple.standby().mac().filter(MacAddress::isUnicast).isPresent();
        }

        private static String mac(NicElement nic) {
            return nic.xml()
                    .childAttribute("mac", "address")
                    .map(text -> "the MAC address " + DisplayText.quoted(text))
                    .orElse("none, so that the host makes one up");
        }

        @Override
        public void mend(LintSubject subject, Edits edits) {
            couples(subject).filter(Mismatch::isFixable).forEach(couple -> {
                String address =
                        couple.standby().xml().childAttribute("mac", "address").orElseThrow();
                XmlElement primary = couple.primary().xml();
                Optional<XmlElement> mac = primary.child("mac");
                if (mac.isPresent()) {
                    edits.attribute(mac.get(), "address", address);
                } else {
                    edits.firstChild(primary, "<mac address='" + address + "'/>");
                }
            });
        }
    }

    /** A primary that has a standby NIC takes that one's MAC, so the standby NIC's finding is enough. */
    private static void notUnicast(LintSubject subject, Consumer<Finding> to) {
        Stream.concat(
                        subject.standbys().stream(),
                        subject.primaries().stream()
                                .filter(p -> subject.standbyOf(p).isEmpty()))
                .forEach(nic -> nic.mac()
                        .filter(mac -> !mac.isUnicast())
                        .ifPresent(mac -> to.accept(Finding.of(
                                FindingCode.MAC_NOT_UNICAST,
                                subject.subject(nic),
                                nic.label() + " has the MAC address '" + mac + "', which is no unicast address",
                                "Use an address with an even first octet, such as 52:54:00:11:22:33."))));
    }

    private static void duplicates(LintSubject subject, Consumer<Finding> to) {
        Map<MacAddress, NicElement> first = new HashMap<>();
        for (NicElement nic : subject.nics()) {
            Optional<MacAddress> mac = nic.mac().filter(m -> standsForItself(subject, nic));
            if (mac.isEmpty()) {
                continue;
            }
            NicElement other = first.putIfAbsent(mac.get(), nic);
            if (other != null && (isTeamed(nic) || isTeamed(other))) {
                duplicate(subject, nic, mac.get(), other.label() + " of the same VM", to);
            } else if (isTeamed(nic)) {
                otherUser(subject, mac.get())
                        .ifPresent(user -> duplicate(subject, nic, mac.get(), user + ", on this host", to));
            }
        }
    }

    private static Optional<String> otherUser(LintSubject subject, MacAddress mac) {
        String self =
                subject.document().root().child("name").map(XmlElement::content).orElse("");
        return subject.context().macUsers().getOrDefault(mac, Set.of()).stream()
                .filter(user -> !user.equals(self))
                .min(Comparator.naturalOrder());
    }

    /** False for a primary, which shares its standby NIC's MAC or has findings of its own. */
    private static boolean standsForItself(LintSubject subject, NicElement nic) {
        return !nic.isPrimary()
                || subject.standbyOf(nic)
                        .filter(s -> !s.mac().equals(nic.mac()))
                        .isPresent();
    }

    private static boolean isTeamed(NicElement nic) {
        return nic.isStandby() || nic.isPrimary();
    }

    private static void duplicate(
            LintSubject subject, NicElement nic, MacAddress mac, String owner, Consumer<Finding> to) {
        to.accept(Finding.of(
                FindingCode.DUPLICATE_MAC,
                subject.subject(nic),
                nic.label() + " has the MAC address '" + mac + "', and so has " + owner,
                "Give one of them another MAC address."));
    }
}
