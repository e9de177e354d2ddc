// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.xml.PciXml;

/** Parts of rules 2 and 4, and rules 19 and 21: values of a pair that libvirt refuses or that leave it without network. */
final class TeamingRules {
    private TeamingRules() {}

    static List<Rule> all() {
        return List.of(TeamingRules::teaming, TeamingRules::macs, TeamingRules::links, TeamingRules::vfAddresses);
    }

    private static void teaming(LintSubject subject, Consumer<Finding> findings) {
        for (NicElement nic : subject.nics()) {
            nic.teaming()
                    .flatMap(teaming -> problem(nic))
                    .ifPresent(problem -> findings.accept(Finding.of(
                            FindingCode.TEAMING_INVALID,
                            subject.subject(nic),
                            nic.title() + " has <teaming> " + problem,
                            "Set <teaming type='persistent'/> on the standby NIC, and <teaming type='transient'"
                                    + " persistent='ALIAS'/> on the primary.")));
        }
    }

    private static Optional<String> problem(NicElement nic) {
        if (nic.isPrimary()) {
            return Optional.empty();
        }
        Optional<String> type = nic.xml().childAttribute("teaming", "type");
        if (!nic.isStandby()) {
            return Optional.of(type.map(text -> "of the unknown type " + DisplayText.quoted(text))
                    .orElse("without a type"));
        }
        return nic.xml()
                .childAttribute("teaming", "persistent")
                .map(alias -> "with persistent=" + DisplayText.quoted(alias) + ", which only a primary has");
    }

    /** A primary with a standby NIC has to have its MAC, so a finding for the standby NIC is enough. */
    private static void macs(LintSubject subject, Consumer<Finding> findings) {
        Stream.concat(
                        subject.standbys().stream(),
                        subject.primaries().stream()
                                .filter(p -> subject.standbyOf(p).isEmpty()))
                .filter(nic -> nic.mac().isEmpty())
                .forEach(
                        nic -> nic.xml()
                                .childAttribute("mac", "address")
                                .ifPresent(
                                        text -> findings.accept(
                                                Finding.of(
                                                        FindingCode.MAC_INVALID,
                                                        subject.subject(nic),
                                                        nic.title() + " has the MAC address " + DisplayText.quoted(text)
                                                                + ", which libvirt refuses",
                                                        "Set the <mac> to six octets of hexadecimal digits with colons, such as 52:54:00:11:22:33."))));
    }

    private static void links(LintSubject subject, Consumer<Finding> findings) {
        subject.standbys().stream()
                .filter(standby -> standby.xml()
                        .childAttribute("link", "state")
                        .filter("down"::equals)
                        .isPresent())
                .forEach(standby -> findings.accept(Finding.of(
                        FindingCode.STANDBY_LINK_DOWN,
                        subject.subject(standby),
                        standby.title() + " is a standby NIC whose link is down; the guest has no network during a"
                                + " migration or without its VF",
                        "Set <link state='up'/> on the standby NIC, or remove <link>.")));
    }

    private static void vfAddresses(LintSubject subject, Consumer<Finding> findings) {
        for (NicElement primary : subject.primaries()) {
            PciXml.hostElement(primary.xml()).stream()
                    .flatMap(address -> Stream.of(
                            part(address.attribute("domain"), "domain", 0xffff),
                            part(address.attribute("bus"), "bus", 0xff),
                            part(address.attribute("slot"), "slot", 0x1f),
                            part(address.attribute("function"), "function", 7)))
                    .flatMap(Optional::stream)
                    .findFirst()
                    .ifPresent(part -> findings.accept(Finding.of(
                            FindingCode.VF_ADDRESS_INVALID,
                            subject.subject(primary),
                            primary.title() + " has a VF address with " + part
                                    + ", with which libvirt cannot start the VM",
                            "Use a VF in a PCI domain up to 0xffff, and write its address as lspci -D shows it.")));
        }
    }

    /** The wrong part of an address. */
    private static Optional<String> part(Optional<String> written, String name, int max) {
        return written.filter(text -> PciXml.number(text).filter(n -> n <= max).isEmpty())
                .map(text -> name + " " + DisplayText.quoted(text));
    }
}
