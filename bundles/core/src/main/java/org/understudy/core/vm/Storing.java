// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.core.lint.Alterations;

/**
 * Stores a definition and judges what the host has made of it, because that is what it will start. If that must not be,
 * the host gets back what it had before.
 *
 * @param rules judges a definition
 */
public record Storing(Host host, Function<String, List<Finding>> rules) {
    private record Known(FindingCode code, String subject) {
        static Known of(Finding finding) {
            return new Known(finding.code(), finding.subject());
        }
    }

    /**
     * @param before what the host has stored now; empty if the VM is new
     * @return what was not held against the definition before it was stored; if one is an error, nothing has changed
     */
    public List<Finding> define(String definition, Optional<String> before) {
        VmName vm = host.define(definition).name();
        String stored = host.definition(vm);
        if (stored.equals(definition)) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>(Alterations.of(definition, stored));
        findings.addAll(added(definition, before, stored));
        if (Finding.anyBlocking(findings)) {
            before.ifPresentOrElse(host::define, () -> host.undefine(vm));
        }
        return List.copyOf(findings);
    }

    /** The host writes some values in its own way, so messages are not compared. */
    private List<Finding> added(String definition, Optional<String> before, String stored) {
        Set<Known> known = new HashSet<>();
        rules.apply(definition).forEach(f -> known.add(Known.of(f)));
        before.ifPresent(text -> rules.apply(text).forEach(f -> known.add(Known.of(f))));
        return rules.apply(stored).stream()
                .filter(f -> !known.contains(Known.of(f)))
                .toList();
    }
}
