// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.Layout;
import org.understudy.api.xml.XmlElement;

/** Rules 3 to 6: a primary finds its standby NIC by an alias that libvirt keeps. */
final class AliasRules {
    // Source: libvirt, virDomainDeviceInfoParseXML and USER_ALIAS_CHARS; any other alias is dropped without a word.
    private static final Pattern KEPT = Pattern.compile("ua-[A-Za-z0-9_-]*");
    private static final int LONGEST_ALIAS = 64;

    private AliasRules() {}

    static List<Rule> all() {
        return List.of(new Unknown(), new NotPersistent(), AliasRules::shared, new NotKept());
    }

    private static List<NicElement> dangling(LintSubject subject) {
        return subject.primaries().stream()
                .filter(p -> p.standbyAlias().flatMap(subject::deviceWithAlias).isEmpty())
                .toList();
    }

    /** Standby NICs that no primary names. */
    private static List<NicElement> lonely(LintSubject subject) {
        Set<NicElement> named = new HashSet<>();
        subject.couples().forEach(couple -> named.add(couple.standby()));
        return subject.standbys().stream().filter(s -> !named.contains(s)).toList();
    }

    /** The standby NIC a dangling primary must mean: the one with its MAC, or the only one there is. */
    private static Map<NicElement, NicElement> meant(LintSubject subject) {
        List<NicElement> primaries = dangling(subject);
        List<NicElement> standbys = lonely(subject);
        Map<NicElement, NicElement> meant = new LinkedHashMap<>();
        if (primaries.size() == 1 && standbys.size() == 1) {
            meant.put(primaries.get(0), standbys.get(0));
            return meant;
        }
        Map<MacAddress, List<NicElement>> primariesByMac = byMac(primaries);
        Map<MacAddress, List<NicElement>> standbysByMac = byMac(standbys);
        primariesByMac.forEach((mac, same) -> {
            List<NicElement> candidates = standbysByMac.getOrDefault(mac, List.of());
            if (same.size() == 1 && candidates.size() == 1) {
                meant.put(same.get(0), candidates.get(0));
            }
        });
        return meant;
    }

    private static Map<MacAddress, List<NicElement>> byMac(List<NicElement> nics) {
        return nics.stream()
                .filter(nic -> nic.mac().isPresent())
                .collect(groupingBy(nic -> nic.mac().orElseThrow(), LinkedHashMap::new, toList()));
    }

    /** Rule 3. */
    private static final class Unknown implements Rule {
        @Override
        public void judge(LintSubject subject, Consumer<Finding> to) {
            Map<NicElement, NicElement> meant = meant(subject);
            for (NicElement primary : dangling(subject)) {
                String named = primary.standbyAlias()
                        .map(alias -> " names the standby NIC " + DisplayText.quoted(alias)
                                + ", but no device has that alias")
                        .orElse(" is a primary and names no standby NIC");
                Finding finding = Finding.of(
                        FindingCode.ALIAS_UNKNOWN,
                        subject.subject(primary),
                        primary.label() + named,
                        "Write the alias of the standby NIC in <teaming type='transient' persistent='ALIAS'/>.");
                to.accept(meant.containsKey(primary) ? finding.withFix() : finding);
            }
        }

        @Override
        public void mend(LintSubject subject, Edits edits) {
            // A standby NIC without an alias gets one by rule 6 first.
            meant(subject)
                    .forEach((primary, standby) -> standby.alias()
                            .ifPresent(alias -> edits.attribute(
                                    primary.xml().child("teaming").orElseThrow(), "persistent", alias)));
        }
    }

    /** Rule 4. */
    private static final class NotPersistent implements Rule {
        @Override
        public void judge(LintSubject subject, Consumer<Finding> to) {
            for (NicElement primary : subject.primaries()) {
                named(subject, primary).ifPresent(device -> {
                    String alias = DisplayText.quoted(primary.standbyAlias().orElseThrow());
                    Finding finding = Finding.of(
                            FindingCode.ALIAS_NOT_PERSISTENT,
                            subject.subject(primary),
                            primary.label() + " names " + alias + ", a <" + DisplayText.cut(device.name())
                                    + "> without <teaming type='persistent'/>",
                            "Name a virtio NIC and give it <teaming type='persistent'/>.");
                    to.accept(canBecomeStandby(device) ? finding.withFix() : finding);
                });
            }
        }

        /** The device a primary names, if that is no standby NIC. */
        private static Optional<XmlElement> named(LintSubject subject, NicElement primary) {
            return subject.standbyOf(primary).isPresent()
                    ? Optional.empty()
                    : primary.standbyAlias().flatMap(subject::deviceWithAlias);
        }

        private static boolean canBecomeStandby(XmlElement device) {
            return device.child("teaming").isEmpty() && NicElement.of(device, 0).isVirtio();
        }

        @Override
        public void mend(LintSubject subject, Edits edits) {
            Set<XmlElement> devices = new LinkedHashSet<>();
            subject.primaries()
                    .forEach(primary -> named(subject, primary)
                            .filter(NotPersistent::canBecomeStandby)
                            .ifPresent(devices::add));
            devices.forEach(device ->
                    insertBehind(subject, edits, device.child("model").orElseThrow(), "<teaming type='persistent'/>"));
        }
    }

    /** Rule 5. */
    private static void shared(LintSubject subject, Consumer<Finding> to) {
        Map<NicElement, NicElement> first = new HashMap<>();
        for (LintSubject.Couple couple : subject.couples()) {
            NicElement other = first.putIfAbsent(couple.standby(), couple.primary());
            if (other != null) {
                to.accept(Finding.of(
                        FindingCode.STANDBY_SHARED,
                        subject.subject(couple.primary()),
                        couple.primary().label() + " names the standby NIC "
                                + DisplayText.quoted(couple.standby().alias().orElse(""))
                                + ", which already has the primary "
                                + other.label(),
                        "Give each primary a standby NIC of its own, or remove one of the primaries."));
            }
        }
    }

    /** Rule 6. */
    private static final class NotKept implements Rule {
        @Override
        public void judge(LintSubject subject, Consumer<Finding> to) {
            for (NicElement standby : renamed(subject)) {
                String alias = DisplayText.quoted(standby.alias().orElseThrow());
                to.accept(finding(
                                subject,
                                standby,
                                standby.label() + " has the alias " + alias
                                        + ", which libvirt drops, so that its primary dangles")
                        .withFix());
            }
            Set<NicElement> meant = new HashSet<>(meant(subject).values());
            if (!dangling(subject).isEmpty()) {
                lonely(subject).stream().filter(s -> s.alias().isEmpty()).forEach(standby -> {
                    Finding finding = finding(
                            subject,
                            standby,
                            standby.label() + " is a standby NIC without an alias, so no primary can name it");
                    to.accept(meant.contains(standby) ? finding.withFix() : finding);
                });
            }
        }

        private static Finding finding(LintSubject subject, NicElement standby, String message) {
            return Finding.of(
                    FindingCode.ALIAS_NOT_KEPT,
                    subject.subject(standby),
                    message,
                    "Give it an alias of 'ua-' and letters, digits, '-' or '_', and let the primary name that.");
        }

        /** Standby NICs with a primary and an alias that is dropped. */
        private static Set<NicElement> renamed(LintSubject subject) {
            Set<NicElement> renamed = new LinkedHashSet<>();
            subject.couples().stream()
                    .map(LintSubject.Couple::standby)
                    .filter(s -> !KEPT.matcher(s.alias().orElse("")).matches())
                    .forEach(renamed::add);
            return renamed;
        }

        @Override
        public void mend(LintSubject subject, Edits edits) {
            Set<String> given = new HashSet<>();
            Map<NicElement, String> names = new HashMap<>();
            for (NicElement standby : renamed(subject)) {
                String name = free(subject, given, keepable(standby.alias().orElseThrow()));
                names.put(standby, name);
                edits.attribute(standby.xml().child("alias").orElseThrow(), "name", name);
            }
            subject.couples().stream()
                    .filter(couple -> names.containsKey(couple.standby()))
                    .forEach(couple -> edits.attribute(
                            couple.primary().xml().child("teaming").orElseThrow(),
                            "persistent",
                            names.get(couple.standby())));
            meant(subject).forEach((primary, standby) -> {
                if (standby.alias().isEmpty()) {
                    String wanted = primary.standbyAlias().orElse("standby" + standby.index());
                    name(subject, edits, standby, free(subject, given, keepable(wanted)));
                }
            });
        }

        private static void name(LintSubject subject, Edits edits, NicElement standby, String name) {
            Optional<XmlElement> alias = standby.xml().child("alias");
            if (alias.isPresent()) {
                edits.attribute(alias.get(), "name", name);
            } else {
                insertBehind(
                        subject, edits, standby.xml().child("teaming").orElseThrow(), "<alias name='" + name + "'/>");
            }
        }

        private static String keepable(String alias) {
            String name = (alias.startsWith("ua-") ? "" : "ua-") + alias.replaceAll("[^A-Za-z0-9_-]", "-");
            return name.substring(0, Math.min(name.length(), LONGEST_ALIAS));
        }

        private static String free(LintSubject subject, Set<String> given, String wanted) {
            String name = wanted;
            for (int n = 2; subject.deviceWithAlias(name).isPresent() || !given.add(name); n++) {
                String end = "-" + n;
                name = wanted.substring(0, Math.min(wanted.length(), LONGEST_ALIAS - end.length())) + end;
            }
            return name;
        }
    }

    private static void insertBehind(LintSubject subject, Edits edits, XmlElement sibling, String xml) {
        edits.insert(sibling.end(), new Layout(subject.document()).spaceBefore(sibling) + xml);
    }
}
