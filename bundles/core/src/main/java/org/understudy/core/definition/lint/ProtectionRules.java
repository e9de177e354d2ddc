// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Consent;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.NicPolicy;
import org.understudy.core.definition.RecordedConsents;
import org.understudy.core.definition.lint.LintSubject.TeamedPair;

/**
 * Rule 22: protections of the standby NIC that its host enforces on the tap device, where the frames of a VF do not pass. A VF of a
 * pool gets the spoof check, the VLAN and the rate limit that replace some of them ({@link NicPolicy}).
 */
final class ProtectionRules {
    /** Source: nova and neutron, the bridge of the iptables hybrid firewall. */
    private static final String SECURITY_GROUP_BRIDGE = "qbr";

    private ProtectionRules() {}

    static List<Rule> all() {
        return List.of(
                forPairs(ProtectionRules::filter),
                forPairs(ProtectionRules::bandwidth),
                forPairs(ProtectionRules::isolation),
                forPairs(ProtectionRules::switchRules));
    }

    private interface PairRule {
        Optional<Finding> check(LintSubject subject, TeamedPair pair);
    }

    private static Rule forPairs(PairRule rule) {
        return (LintSubject subject, Consumer<Finding> findings) ->
                subject.pairs().forEach(pair -> rule.check(subject, pair).ifPresent(findings));
    }

    private static Optional<Finding> filter(LintSubject subject, TeamedPair pair) {
        Optional<String> filter = onlyOnStandby(pair, "filterref").map(element -> element.attributeOr("filter", ""));
        return filter.map(name -> {
            String text = pair.standby().title() + " has the filter " + DisplayText.quoted(name);
            if (RecordedConsents.of(subject.document(), pair.standby().xml()).contains(Consent.BYPASS_FILTER)) {
                return Finding.of(
                                FindingCode.FILTER_BYPASSED,
                                subject.subject(pair.standby()),
                                text + bypassedBy(pair) + "; accepted with the consent bypass-filter",
                                "")
                        .as(Severity.NOTICE);
            }
            if (NicPolicy.pinsMacOnly(name) && isSetUp(subject, pair)) {
                return Finding.of(
                                FindingCode.FILTER_BYPASSED,
                                subject.subject(pair.standby()),
                                text + "; for its primary " + pair.primary().label()
                                        + " the spoof check of the VF replaces it",
                                "Check that the filter has no other rules: a spoof check only drops frames with another source"
                                        + " MAC address.")
                        .as(Severity.WARNING);
            }
            Finding bypassed = Finding.of(
                    FindingCode.FILTER_BYPASSED,
                    subject.subject(pair.standby()),
                    text + bypassedBy(pair),
                    "Keep this NIC without a pair, or accept the bypass with \"understudy:pair-on --consent bypass-filter\".");
            // A migration changes nothing about it.
            return subject.context().source().isPresent() ? bypassed.as(Severity.WARNING) : bypassed;
        });
    }

    private static Optional<Finding> bandwidth(LintSubject subject, TeamedPair pair) {
        return onlyOnStandby(pair, "bandwidth").map(bandwidth -> {
            NicPolicy policy = NicPolicy.of(pair.standby().xml());
            String text = pair.standby().title() + " has <bandwidth>";
            if (policy.maxRate().isEmpty() || !isSetUp(subject, pair)) {
                return bandwidthFinding(subject, pair, text + bypassedBy(pair));
            }
            String limit = text + "; its outbound average is the highest rate of the VF, "
                    + policy.maxRate().getAsInt() + " Mbit/s, where the NIC supports that";
            return isAverageOnly(bandwidth)
                    ? Finding.of(FindingCode.BANDWIDTH_BYPASSED, subject.subject(pair.standby()), limit, "")
                            .as(Severity.NOTICE)
                    : bandwidthFinding(subject, pair, limit + "; its other limits do not apply to the VF");
        });
    }

    private static Finding bandwidthFinding(LintSubject subject, TeamedPair pair, String message) {
        return Finding.of(
                FindingCode.BANDWIDTH_BYPASSED,
                subject.subject(pair.standby()),
                message,
                "Set max-rate of the pool in etc/understudy.yaml, or limit the rate in the physical switch.");
    }

    private static boolean isAverageOnly(XmlElement bandwidth) {
        return bandwidth.children().stream()
                .allMatch(limit -> limit.is("outbound")
                        && limit.attribute("peak").isEmpty()
                        && limit.attribute("burst").isEmpty());
    }

    private static Optional<Finding> isolation(LintSubject subject, TeamedPair pair) {
        return onlyOnStandby(pair, "port")
                .filter(port -> port.attributeOr("isolated", "").equals("yes"))
                .map(
                        port -> Finding.of(
                                FindingCode.ISOLATION_BYPASSED,
                                subject.subject(pair.standby()),
                                pair.standby().title()
                                        + " is isolated from other isolated ports of its bridge, but its primary "
                                        + pair.primary().label() + " is not",
                                "Configure a private VLAN for the VF in the physical switch, or keep this NIC without a pair."));
    }

    private static Optional<Finding> switchRules(LintSubject subject, TeamedPair pair) {
        NicElement standby = pair.standby();
        Optional<String> bridge = standby.source("bridge").filter(name -> name.startsWith(SECURITY_GROUP_BRIDGE));
        Optional<String> port = standby.xml()
                .childAttribute("virtualport", "type")
                .filter(type -> pair.primary().xml().child("virtualport").isEmpty());
        Optional<String> rules = bridge.map(name -> "has the security groups of bridge " + DisplayText.quoted(name))
                .or(() -> port.map(type -> "is a port of a virtual switch of type " + DisplayText.quoted(type)
                        + ", whose flows, security groups and mirrors may concern it"));
        return rules.map(
                text -> Finding.of(
                        FindingCode.SWITCH_RULES_BYPASSED,
                        subject.subject(standby),
                        standby.title() + " " + text + bypassedBy(pair),
                        "Check which rules the virtual switch has for this NIC, and keep it without a pair if they are required."));
    }

    private static String bypassedBy(TeamedPair pair) {
        return "; the traffic of its primary " + pair.primary().label() + " bypasses it";
    }

    /** An emulated primary may have its own copy. */
    private static Optional<XmlElement> onlyOnStandby(TeamedPair pair, String child) {
        return pair.standby()
                .xml()
                .child(child)
                .filter(element -> pair.primary().xml().child(child).isEmpty());
    }

    /** Whether Understudy sets up the VF: it does so for the VFs of its own pools. */
    private static boolean isSetUp(LintSubject subject, TeamedPair pair) {
        Optional<String> pool = DomainView.requests(subject.document())
                .filter(request ->
                        request.attribute("standby").equals(pair.standby().alias()))
                .findFirst()
                .flatMap(request -> request.attribute("pool"))
                .or(() -> pair.primary().source("network"));
        return subject.context().policy().map(Policy::pools).orElse(List.of()).stream()
                .filter(known -> pool.equals(Optional.of(known.name().value())))
                .anyMatch(ProtectionRules::hasOwnVfs);
    }

    private static boolean hasOwnVfs(PoolPolicy pool) {
        return pool.kind() == PrimaryKind.VF && !pool.selectors().isEmpty();
    }
}
