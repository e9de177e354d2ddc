// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.understudy.api.Finding;
import org.understudy.api.HostView;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.core.definition.BrokenVersions;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.VmLocator;

/** Reports the findings of each host about itself. */
record HostCheck(HostRegistry hosts, VmLocator locator) implements Check {
    @Override
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        locator.call(
                hosts.all(),
                HostCheck::examine,
                (host, found) -> findings.addAll(found),
                failed -> findings.add(failed.finding()));
        for (HostView host : hosts.views()) {
            findings.addAll(host.findings());
            if (host.available() && !Finding.anyBlocking(host.findings())) {
                findings.add(Check.healthy(
                        "host " + host.name(), "Host %s answers: %s".formatted(host.name(), host.summary())));
            }
        }
        return findings;
    }

    private static List<Finding> examine(Host host) {
        List<Finding> findings = new ArrayList<>(answered(host::examine));
        findings.addAll(answered(() -> BrokenVersions.of(host.name(), host.facts())));
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
