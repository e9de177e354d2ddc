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

/** Rules 3 to 6: a primary refers to its standby NIC by an alias that libvirt keeps. */
final class AliasRules {
    // Source: libvirt, virDomainDeviceInfoParseXML and USER_ALIAS_CHARS; any other alias is dropped silently.
    private static final Pattern USER_ALIAS = Pattern.compile("ua-[A-Za-z0-9_-]*");
    private static final int MAX_ALIAS_LENGTH = 64;

    private AliasRules() {}

    static List<Rule> all() {
        return List.of(new Unknown(), new NotPersistent(), AliasRules::shared, new NotKept());
    }

    private static List<NicElement> dangling(LintSubject subject) {
        return subject.primaries().stream()
                .filter(p -> p.standbyAlias().flatMap(subject::deviceWithAlias).isEmpty())
                .toList();
    }

    /** Standby NICs that no primary refers to. */
    private static List<NicElement> unreferenced(LintSubject subject) {
        Set<NicElement> referenced = new HashSet<>();
        subject.pairs().forEach(pair -> referenced.add(pair.standby()));
        return subject.standbys().stream().filter(s -> !referenced.contains(s)).toList();
    }

    /** The standby NIC of each dangling primary, if it is unambiguous: the one with its MAC, or the only one. */
    private static Map<NicElement, NicElement> matches(LintSubject subject) {
        List<NicElement> primaries = dangling(subject);
        List<NicElement> standbys = unreferenced(subject);
        Map<NicElement, NicElement> matches = new LinkedHashMap<>();
        if (primaries.size() == 1 && standbys.size() == 1) {
            matches.put(primaries.get(0), standbys.get(0));
            return matches;
        }
        Map<MacAddress, List<NicElement>> primariesByMac = byMac(primaries);
        Map<MacAddress, List<NicElement>> standbysByMac = byMac(standbys);
        primariesByMac.forEach((mac, primariesOfMac) -> {
            List<NicElement> candidates = standbysByMac.getOrDefault(mac, List.of());
            if (primariesOfMac.size() == 1 && candidates.size() == 1) {
                matches.put(primariesOfMac.get(0), candidates.get(0));
            }
        });
        return matches;
    }

    private static Map<MacAddress, List<NicElement>> byMac(List<NicElement> nics) {
        return nics.stream()
                .filter(nic -> nic.mac().isPresent())
                .collect(groupingBy(nic -> nic.mac().orElseThrow(), LinkedHashMap::new, toList()));
    }

    /** Rule 3. */
    private static final class Unknown implements Rule {
        @Override
        public void check(LintSubject subject, Consumer<Finding> findings) {
            Map<NicElement, NicElement> matches = matches(subject);
            for (NicElement primary : dangling(subject)) {
                String reason = primary.standbyAlias()
                        .map(alias -> " refers to the standby NIC " + DisplayText.quoted(alias)
                                + ", but no device has this alias")
                        .orElse(" is a primary that refers to no standby NIC");
                Finding finding = Finding.of(
                        FindingCode.ALIAS_UNKNOWN,
                        subject.subject(primary),
                        primary.title() + reason,
                        "Set the alias of the standby NIC in <teaming type='transient' persistent='ALIAS'/>.");
                findings.accept(matches.containsKey(primary) ? finding.withFix() : finding);
            }
        }

        @Override
        public void fix(LintSubject subject, Edits edits) {
            // Rule 6 first adds an alias to a standby NIC without one.
            matches(subject)
                    .forEach((primary, standby) -> standby.alias()
                            .ifPresent(alias -> edits.attribute(
                                    primary.xml().child("teaming").orElseThrow(), "persistent", alias)));
        }
    }

    /** Rule 4. */
    private static final class NotPersistent implements Rule {
        @Override
        public void check(LintSubject subject, Consumer<Finding> findings) {
            for (NicElement primary : subject.primaries()) {
                wrongTarget(subject, primary).ifPresent(device -> {
                    String alias = DisplayText.quoted(primary.standbyAlias().orElseThrow());
                    Finding finding = Finding.of(
                            FindingCode.ALIAS_NOT_PERSISTENT,
                            subject.subject(primary),
                            primary.title() + " refers to " + alias + ", which is a <" + DisplayText.cut(device.name())
                                    + "> without <teaming type='persistent'/>",
                            "Name a virtio NIC that has <teaming type='persistent'/>.");
                    findings.accept(canBecomeStandby(device) ? finding.withFix() : finding);
                });
            }
        }

        /** The device that a primary refers to, if it is not a standby NIC. */
        private static Optional<XmlElement> wrongTarget(LintSubject subject, NicElement primary) {
            return subject.standbyOf(primary).isPresent()
                    ? Optional.empty()
                    : primary.standbyAlias().flatMap(subject::deviceWithAlias);
        }

        private static boolean canBecomeStandby(XmlElement device) {
            return device.child("teaming").isEmpty() && NicElement.of(device, 0).isVirtio();
        }

        @Override
        public void fix(LintSubject subject, Edits edits) {
            Set<XmlElement> devices = new LinkedHashSet<>();
            subject.primaries()
                    .forEach(primary -> wrongTarget(subject, primary)
                            .filter(NotPersistent::canBecomeStandby)
                            .ifPresent(devices::add));
            devices.forEach(device ->
                    insertAfter(subject, edits, device.child("model").orElseThrow(), "<teaming type='persistent'/>"));
        }
    }

    /** Rule 5. */
    private static void shared(LintSubject subject, Consumer<Finding> findings) {
        Map<NicElement, NicElement> first = new HashMap<>();
        for (LintSubject.TeamedPair pair : subject.pairs()) {
            NicElement other = first.putIfAbsent(pair.standby(), pair.primary());
            if (other != null) {
                findings.accept(Finding.of(
                        FindingCode.STANDBY_SHARED,
                        subject.subject(pair.primary()),
                        pair.primary().title() + " refers to the standby NIC "
                                + DisplayText.quoted(pair.standby().alias().orElse(""))
                                + ", which already has the primary "
                                + other.label(),
                        "Add a standby NIC for each primary, or remove one of the primaries."));
            }
        }
    }

    /** Rule 6. */
    private static final class NotKept implements Rule {
        @Override
        public void check(LintSubject subject, Consumer<Finding> findings) {
            for (NicElement standby : withDroppedAlias(subject)) {
                String alias = DisplayText.quoted(standby.alias().orElseThrow());
                findings.accept(finding(
                                subject,
                                standby,
                                standby.title() + " has the alias " + alias
                                        + ", which libvirt drops; its primary then refers to no device")
                        .withFix());
            }
            Set<NicElement> matches = new HashSet<>(matches(subject).values());
            if (!dangling(subject).isEmpty()) {
                unreferenced(subject).stream().filter(s -> s.alias().isEmpty()).forEach(standby -> {
                    Finding finding = finding(
                            subject,
                            standby,
                            standby.title() + " is a standby NIC without an alias, so no primary can refer to it");
                    findings.accept(matches.contains(standby) ? finding.withFix() : finding);
                });
            }
        }

        private static Finding finding(LintSubject subject, NicElement standby, String message) {
            return Finding.of(
                    FindingCode.ALIAS_NOT_KEPT,
                    subject.subject(standby),
                    message,
                    "Set an alias of 'ua-' and letters, digits, '-' or '_', and refer to it in the <teaming> of the primary.");
        }

        /** Standby NICs with a primary and an alias that is dropped. */
        private static Set<NicElement> withDroppedAlias(LintSubject subject) {
            Set<NicElement> standbys = new LinkedHashSet<>();
            subject.pairs().stream()
                    .map(LintSubject.TeamedPair::standby)
                    .filter(s -> !USER_ALIAS.matcher(s.alias().orElse("")).matches())
                    .forEach(standbys::add);
            return standbys;
        }

        @Override
        public void fix(LintSubject subject, Edits edits) {
            Set<String> assigned = new HashSet<>();
            Map<NicElement, String> names = new HashMap<>();
            for (NicElement standby : withDroppedAlias(subject)) {
                String name = unusedAlias(
                        subject, assigned, toUserAlias(standby.alias().orElseThrow()));
                names.put(standby, name);
                edits.attribute(standby.xml().child("alias").orElseThrow(), "name", name);
            }
            subject.pairs().stream()
                    .filter(pair -> names.containsKey(pair.standby()))
                    .forEach(pair -> edits.attribute(
                            pair.primary().xml().child("teaming").orElseThrow(),
                            "persistent",
                            names.get(pair.standby())));
            matches(subject).forEach((primary, standby) -> {
                if (standby.alias().isEmpty()) {
                    String preferred = primary.standbyAlias().orElse("standby" + standby.index());
                    setAlias(subject, edits, standby, unusedAlias(subject, assigned, toUserAlias(preferred)));
                }
            });
        }

        private static void setAlias(LintSubject subject, Edits edits, NicElement standby, String name) {
            Optional<XmlElement> alias = standby.xml().child("alias");
            if (alias.isPresent()) {
                edits.attribute(alias.get(), "name", name);
            } else {
                insertAfter(
                        subject, edits, standby.xml().child("teaming").orElseThrow(), "<alias name='" + name + "'/>");
            }
        }

        private static String toUserAlias(String alias) {
            String name = (alias.startsWith("ua-") ? "" : "ua-") + alias.replaceAll("[^A-Za-z0-9_-]", "-");
            return name.substring(0, Math.min(name.length(), MAX_ALIAS_LENGTH));
        }

        private static String unusedAlias(LintSubject subject, Set<String> assigned, String preferred) {
            String name = preferred;
            for (int n = 2; subject.deviceWithAlias(name).isPresent() || !assigned.add(name); n++) {
                String end = "-" + n;
                name = preferred.substring(0, Math.min(preferred.length(), MAX_ALIAS_LENGTH - end.length())) + end;
            }
            return name;
        }
    }

    private static void insertAfter(LintSubject subject, Edits edits, XmlElement sibling, String xml) {
        edits.insert(sibling.end(), new Layout(subject.document()).spaceBefore(sibling) + xml);
    }
}
