// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static org.understudy.api.FindingCode.*;
import static org.understudy.core.definition.lint.Documents.*;
import static org.understudy.core.definition.lint.RuleCases.requested;
import static org.understudy.core.definition.lint.RuleCases.rule;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Severity;
import org.understudy.api.xml.DomainDocument;
import org.understudy.core.definition.lint.RuleCases.Given;
import org.understudy.core.definition.lint.RuleCases.RuleCase;

/** Examples of rule 22: protections that the traffic of a VF bypasses. */
final class ProtectionCases {
    private static final String STANDBY = "vm web1, interface ua-standby0";
    private static final String BRIDGE = "<source bridge='br0'/>";
    private static final String CLEAN = "<filterref filter='clean-traffic'/>";
    private static final String UP_1000 = "<bandwidth><outbound average='125000'/></bandwidth>";
    private static final String ISOLATED = "<port isolated='yes'/>";

    private ProtectionCases() {}

    static List<RuleCase> all() {
        return List.of(
                filter("the frames of a VF pass no filter of the host", Given.of(standby(CLEAN))),
                filter("a filter of oVirt, without a pool of the configuration", Given.of(standby(spoofFilter()))),
                filter("a network of the host's libvirt has no spoof check", pool(spoofFilter(), "default")),
                filter("a spoof check is not a filter of IP addresses", pool(CLEAN, "vf-pool")),
                filter("the spoof check of the VF replaces it", pool(spoofFilter(), "vf-pool"))
                        .as(Severity.WARNING),
                filter("the consent is in the request", Given.of(accepted(requested(standby(CLEAN)))))
                        .as(Severity.NOTICE),
                filter("the consent is in the mark of the NIC", Given.of(marked("52:54:00:aa:bb:01")))
                        .as(Severity.NOTICE),
                filter("the mark selects the NIC by its index", Given.of(marked("0")))
                        .as(Severity.NOTICE),
                filter("the mark selects the only NIC", Given.of(marked("only")))
                        .as(Severity.NOTICE),
                filter("the mark selects another NIC", Given.of(marked("1"))),
                filter("the mark is not readable", Given.of(marked("a b"))),
                filter(
                                "a migration changes nothing about it",
                                new Given(standby(CLEAN), Contexts.migration("br0", Optional.empty())))
                        .as(Severity.WARNING),
                rule(
                        BANDWIDTH_BYPASSED,
                        "the VF of an unknown pool has no limit",
                        standby(UP_1000),
                        STANDBY,
                        List.of("ua-standby0", "<bandwidth>", "ua-vf0"),
                        GOOD),
                rule(
                        BANDWIDTH_BYPASSED,
                        "a VF has no limit for what the guest receives",
                        pool(UP_1000.replace("<outbound", "<inbound average='1'/><outbound"), "vf-pool"),
                        STANDBY,
                        List.of("1000 Mbit/s", "other limits"),
                        Given.of(GOOD)),
                rule(
                                BANDWIDTH_BYPASSED,
                                "the average is the highest rate of the VF",
                                pool(UP_1000, "vf-pool"),
                                STANDBY,
                                List.of("1000 Mbit/s"),
                                Given.of(withDevice("<interface type='user'>" + UP_1000 + "</interface>")))
                        .as(Severity.NOTICE),
                rule(
                        ISOLATION_BYPASSED,
                        "an isolated port of the bridge does not isolate the VF",
                        standby(ISOLATED),
                        STANDBY,
                        List.of("ua-standby0", "isolated", "ua-vf0"),
                        standby(ISOLATED.replace("yes", "no"))),
                rule(
                        SWITCH_RULES_BYPASSED,
                        "the bridge has the security groups of OpenStack",
                        with(BRIDGE, "<source bridge='qbr0a1b2c3d-4e'/>"),
                        STANDBY,
                        List.of("ua-standby0", "'qbr0a1b2c3d-4e'"),
                        with(BRIDGE, "<source bridge='br-qbr'/>")),
                rule(
                        SWITCH_RULES_BYPASSED,
                        "flows of Open vSwitch do not concern the VF",
                        standby("<virtualport type='openvswitch'/>"),
                        STANDBY,
                        List.of("ua-standby0", "'openvswitch'"),
                        GOOD));
    }

    /** An emulated primary can have the filter as well. */
    private static RuleCase filter(String name, Given given) {
        String nearMiss = replace(emulated(), "<model type='e1000e'/>", CLEAN + "<model type='e1000e'/>")
                .replace(BRIDGE, BRIDGE + CLEAN);
        return rule(FILTER_BYPASSED, name, given, STANDBY, List.of("ua-standby0", "the filter '"), Given.of(nearMiss));
    }

    private static String spoofFilter() {
        return CLEAN.replace("clean-traffic", "vdsm-no-mac-spoofing");
    }

    private static String standby(String protection) {
        return with(BRIDGE, BRIDGE + protection);
    }

    private static Given pool(String protection, String network) {
        return new Given(replace(pooled(network), BRIDGE, BRIDGE + protection), Contexts.policy(false));
    }

    private static String accepted(String requested) {
        return replace(requested, "root-port='2'/>", "root-port='2' consents='bypass-filter'/>");
    }

    private static String marked(String nic) {
        return replace(
                standby(CLEAN),
                "</metadata>",
                "<u:pairs xmlns:u='" + DomainDocument.UNDERSTUDY + "'><u:mark nic='" + nic
                        + "' consents='other, bypass-filter'/></u:pairs></metadata>");
    }
}
