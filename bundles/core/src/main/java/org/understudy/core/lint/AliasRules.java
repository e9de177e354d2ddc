// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lint;

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

    private static List<NicElement> dangling(Case it) {
        return it.primaries().stream()
                .filter(p -> p.standbyAlias().flatMap(it::deviceWithAlias).isEmpty())
                .toList();
    }

    /** Standby NICs that no primary names. */
    private static List<NicElement> lonely(Case it) {
        Set<NicElement> named = new HashSet<>();
        it.couples().forEach(couple -> named.add(couple.standby()));
        return it.standbys().stream().filter(s -> !named.contains(s)).toList();
    }

    /** The standby NIC a dangling primary must mean: the one with its MAC, or the only one there is. */
    private static Map<NicElement, NicElement> meant(Case it) {
        List<NicElement> primaries = dangling(it);
        List<NicElement> standbys = lonely(it);
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
        public void judge(Case it, Consumer<Finding> to) {
            Map<NicElement, NicElement> meant = meant(it);
            for (NicElement primary : dangling(it)) {
                String named = primary.standbyAlias()
                        .map(alias ->
                                " names the standby NIC " + Shown.quoted(alias) + ", but no device has that alias")
                        .orElse(" is a primary and names no standby NIC");
                Finding finding = Finding.of(
                        FindingCode.ALIAS_UNKNOWN,
                        it.subject(primary),
                        primary.label() + named,
                        "Write the alias of the standby NIC in <teaming type='transient' persistent='ALIAS'/>.");
                to.accept(meant.containsKey(primary) ? finding.withFix() : finding);
            }
        }

        @Override
        public void mend(Case it, Edits edits) {
            // A standby NIC without an alias gets one by rule 6 first.
            meant(it)
                    .forEach((primary, standby) -> standby.alias()
                            .ifPresent(alias -> edits.attribute(
                                    primary.xml().child("teaming").orElseThrow(), "persistent", alias)));
        }
    }

    /** Rule 4. */
    private static final class NotPersistent implements Rule {
        @Override
        public void judge(Case it, Consumer<Finding> to) {
            for (NicElement primary : it.primaries()) {
                named(it, primary).ifPresent(device -> {
                    String alias = Shown.quoted(primary.standbyAlias().orElseThrow());
                    Finding finding = Finding.of(
                            FindingCode.ALIAS_NOT_PERSISTENT,
                            it.subject(primary),
                            primary.label() + " names " + alias + ", a <" + Shown.cut(device.name())
                                    + "> without <teaming type='persistent'/>",
                            "Name a virtio NIC and give it <teaming type='persistent'/>.");
                    to.accept(canBecomeStandby(device) ? finding.withFix() : finding);
                });
            }
        }

        /** The device a primary names, if that is no standby NIC. */
        private static Optional<XmlElement> named(Case it, NicElement primary) {
            return it.standbyOf(primary).isPresent()
                    ? Optional.empty()
                    : primary.standbyAlias().flatMap(it::deviceWithAlias);
        }

        private static boolean canBecomeStandby(XmlElement device) {
            return device.child("teaming").isEmpty() && NicElement.of(device, 0).isVirtio();
        }

        @Override
        public void mend(Case it, Edits edits) {
            Set<XmlElement> devices = new LinkedHashSet<>();
            it.primaries()
                    .forEach(primary -> named(it, primary)
                            .filter(NotPersistent::canBecomeStandby)
                            .ifPresent(devices::add));
            devices.forEach(device ->
                    insertBehind(it, edits, device.child("model").orElseThrow(), "<teaming type='persistent'/>"));
        }
    }

    /** Rule 5. */
    private static void shared(Case it, Consumer<Finding> to) {
        Map<NicElement, NicElement> first = new HashMap<>();
        for (Case.Couple couple : it.couples()) {
            NicElement other = first.putIfAbsent(couple.standby(), couple.primary());
            if (other != null) {
                to.accept(Finding.of(
                        FindingCode.STANDBY_SHARED,
                        it.subject(couple.primary()),
                        couple.primary().label() + " names the standby NIC "
                                + Shown.quoted(couple.standby().alias().orElse("")) + ", which already has the primary "
                                + other.label(),
                        "Give each primary a standby NIC of its own, or remove one of the primaries."));
            }
        }
    }

    /** Rule 6. */
    private static final class NotKept implements Rule {
        @Override
        public void judge(Case it, Consumer<Finding> to) {
            for (NicElement standby : renamed(it)) {
                String alias = Shown.quoted(standby.alias().orElseThrow());
                to.accept(finding(
                                it,
                                standby,
                                standby.label() + " has the alias " + alias
                                        + ", which libvirt drops, so that its primary dangles")
                        .withFix());
            }
            Set<NicElement> meant = new HashSet<>(meant(it).values());
            if (!dangling(it).isEmpty()) {
                lonely(it).stream().filter(s -> s.alias().isEmpty()).forEach(standby -> {
                    Finding finding = finding(
                            it,
                            standby,
                            standby.label() + " is a standby NIC without an alias, so no primary can name it");
                    to.accept(meant.contains(standby) ? finding.withFix() : finding);
                });
            }
        }

        private static Finding finding(Case it, NicElement standby, String message) {
            return Finding.of(
                    FindingCode.ALIAS_NOT_KEPT,
                    it.subject(standby),
                    message,
                    "Give it an alias of 'ua-' and letters, digits, '-' or '_', and let the primary name that.");
        }

        /** Standby NICs with a primary and an alias that is dropped. */
        private static Set<NicElement> renamed(Case it) {
            Set<NicElement> renamed = new LinkedHashSet<>();
            it.couples().stream()
                    .map(Case.Couple::standby)
                    .filter(s -> !KEPT.matcher(s.alias().orElse("")).matches())
                    .forEach(renamed::add);
            return renamed;
        }

        @Override
        public void mend(Case it, Edits edits) {
            Set<String> given = new HashSet<>();
            Map<NicElement, String> names = new HashMap<>();
            for (NicElement standby : renamed(it)) {
                String name = free(it, given, keepable(standby.alias().orElseThrow()));
                names.put(standby, name);
                edits.attribute(standby.xml().child("alias").orElseThrow(), "name", name);
            }
            it.couples().stream()
                    .filter(couple -> names.containsKey(couple.standby()))
                    .forEach(couple -> edits.attribute(
                            couple.primary().xml().child("teaming").orElseThrow(),
                            "persistent",
                            names.get(couple.standby())));
            meant(it).forEach((primary, standby) -> {
                if (standby.alias().isEmpty()) {
                    String wanted = primary.standbyAlias().orElse("standby" + standby.index());
                    name(it, edits, standby, free(it, given, keepable(wanted)));
                }
            });
        }

        private static void name(Case it, Edits edits, NicElement standby, String name) {
            Optional<XmlElement> alias = standby.xml().child("alias");
            if (alias.isPresent()) {
                edits.attribute(alias.get(), "name", name);
            } else {
                insertBehind(it, edits, standby.xml().child("teaming").orElseThrow(), "<alias name='" + name + "'/>");
            }
        }

        private static String keepable(String alias) {
            String name = (alias.startsWith("ua-") ? "" : "ua-") + alias.replaceAll("[^A-Za-z0-9_-]", "-");
            return name.substring(0, Math.min(name.length(), LONGEST_ALIAS));
        }

        private static String free(Case it, Set<String> given, String wanted) {
            String name = wanted;
            for (int n = 2; it.deviceWithAlias(name).isPresent() || !given.add(name); n++) {
                String end = "-" + n;
                name = wanted.substring(0, Math.min(wanted.length(), LONGEST_ALIAS - end.length())) + end;
            }
            return name;
        }
    }

    private static void insertBehind(Case it, Edits edits, XmlElement sibling, String xml) {
        edits.insert(sibling.end(), new Layout(it.document()).spaceBefore(sibling) + xml);
    }
}
