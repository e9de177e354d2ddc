// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.understudy.api.Finding;
import org.understudy.api.HostView;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.FanOut;
import org.understudy.core.definition.BrokenVersions;
import org.understudy.core.inventory.HostRegistry;

/** Reports the findings of each host about itself. */
record HostCheck(HostRegistry hosts) implements Check {
    @Override
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        FanOut.call(hosts.all(), host -> answered(host::examine)).forEach(findings::addAll);
        FanOut.call(hosts.all(), host -> answered(() -> BrokenVersions.of(host.name(), host.facts())))
                .forEach(findings::addAll);
        for (HostView host : hosts.views()) {
            findings.addAll(host.findings());
            if (host.available() && !Finding.anyBlocking(host.findings())) {
                findings.add(Check.healthy(
                        "host " + host.name(), "Host %s answers: %s".formatted(host.name(), host.summary())));
            }
        }
        return findings;
    }

    /** A host that does not answer has its finding in its view. */
    private static List<Finding> answered(Supplier<List<Finding>> check) {
        try {
            return check.get();
        } catch (UnderstudyException e) {
            return List.of();
        }
    }
}
