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

/** Rule 2: both halves have the same unicast MAC. Part of rule 16: no other NIC has it. */
final class MacRules {
    private MacRules() {}

    static List<Rule> all() {
        return List.of(new Mismatch(), MacRules::notUnicast, MacRules::duplicates);
    }

    private static final class Mismatch implements Rule {
        @Override
        public void check(LintSubject subject, Consumer<Finding> findings) {
            pairs(subject).forEach(pair -> {
                Finding finding = Finding.of(
                        FindingCode.MAC_MISMATCH,
                        subject.subject(pair.primary()),
                        pair.primary().title() + " has " + mac(pair.primary()) + ", but its standby NIC "
                                + pair.standby().label() + " has " + mac(pair.standby()),
                        "Set the MAC address of the standby NIC on the primary.");
                findings.accept(isFixable(pair) ? finding.withFix() : finding);
            });
        }

        /** A plain hostdev has no MAC in the document that could differ. */
        private static Stream<LintSubject.TeamedPair> pairs(LintSubject subject) {
            return subject.pairs().stream()
                    .filter(c -> c.primary().isInterface())
                    .filter(c -> c.primary().mac().isEmpty()
                            || !c.primary().mac().equals(c.standby().mac()));
        }

        private static boolean isFixable(LintSubject.TeamedPair pair) {
            return pair.standby().mac().filter(MacAddress::isUnicast).isPresent();
        }

        private static String mac(NicElement nic) {
            return nic.xml()
                    .childAttribute("mac", "address")
                    .map(text -> "the MAC address " + DisplayText.quoted(text))
                    .orElse("no MAC address, so the host generates one");
        }

        @Override
        public void fix(LintSubject subject, Edits edits) {
            pairs(subject).filter(Mismatch::isFixable).forEach(pair -> {
                String address =
                        pair.standby().xml().childAttribute("mac", "address").orElseThrow();
                XmlElement primary = pair.primary().xml();
                Optional<XmlElement> mac = primary.child("mac");
                if (mac.isPresent()) {
                    edits.attribute(mac.get(), "address", address);
                } else {
                    edits.firstChild(primary, "<mac address='" + address + "'/>");
                }
            });
        }
    }

    /** A primary with a standby NIC takes its MAC, so a finding for the standby NIC is enough. */
    private static void notUnicast(LintSubject subject, Consumer<Finding> findings) {
        Stream.concat(
                        subject.standbys().stream(),
                        subject.primaries().stream()
                                .filter(p -> subject.standbyOf(p).isEmpty()))
                .forEach(nic -> nic.mac()
                        .filter(mac -> !mac.isUnicast())
                        .ifPresent(mac -> findings.accept(Finding.of(
                                FindingCode.MAC_NOT_UNICAST,
                                subject.subject(nic),
                                nic.title() + " has the MAC address '" + mac + "', which is not a unicast address",
                                "Set a MAC address with an even first octet, such as 52:54:00:11:22:33."))));
    }

    private static void duplicates(LintSubject subject, Consumer<Finding> findings) {
        Map<MacAddress, NicElement> first = new HashMap<>();
        for (NicElement nic : subject.nics()) {
            Optional<MacAddress> mac = nic.mac().filter(m -> isIndependent(subject, nic));
            if (mac.isEmpty()) {
                continue;
            }
            NicElement other = first.putIfAbsent(mac.get(), nic);
            if (other != null && (isTeamed(nic) || isTeamed(other))) {
                duplicate(subject, nic, mac.get(), other.label() + " of the same VM", findings);
            } else if (isTeamed(nic)) {
                otherUser(subject, mac.get())
                        .ifPresent(user -> duplicate(subject, nic, mac.get(), user + " on this host", findings));
            }
        }
    }

    private static Optional<String> otherUser(LintSubject subject, MacAddress mac) {
        String self =
                subject.document().root().child("name").map(XmlElement::text).orElse("");
        return subject.context().macUsers().getOrDefault(mac, Set.of()).stream()
                .filter(user -> !user.equals(self))
                .min(Comparator.naturalOrder());
    }

    /** False for a primary that shares the MAC of its standby NIC or has its own finding. */
    private static boolean isIndependent(LintSubject subject, NicElement nic) {
        return !nic.isPrimary()
                || subject.standbyOf(nic)
                        .filter(s -> !s.mac().equals(nic.mac()))
                        .isPresent();
    }

    private static boolean isTeamed(NicElement nic) {
        return nic.isStandby() || nic.isPrimary();
    }

    private static void duplicate(
            LintSubject subject, NicElement nic, MacAddress mac, String owner, Consumer<Finding> findings) {
        findings.accept(Finding.of(
                FindingCode.DUPLICATE_MAC,
                subject.subject(nic),
                nic.title() + " has the MAC address '" + mac + "', which is also used by " + owner,
                "Set another MAC address on one of them."));
    }
}
