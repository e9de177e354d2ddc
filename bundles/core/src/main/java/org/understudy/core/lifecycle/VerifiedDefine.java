// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lifecycle;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.core.definition.lint.StoredDefinitionDiff;

/**
 * Stores a definition and judges what the host has made of it, because that is what it will start. If that must not be,
 * the host gets back what it had before.
 *
 * @param rules judges a definition
 */
public record VerifiedDefine(Host host, Function<String, List<Finding>> rules) {
    private static final Logger LOG = LoggerFactory.getLogger(VerifiedDefine.class);

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
        List<Finding> findings = new ArrayList<>(StoredDefinitionDiff.of(definition, stored));
        findings.addAll(added(definition, before, stored));
        if (Finding.anyBlocking(findings)) {
            restore(vm, before).ifPresent(findings::add);
        }
        return List.copyOf(findings);
    }

    /** What is wrong with the new definition is to be reported also if it cannot be taken off the host. */
    private Optional<Finding> restore(VmName vm, Optional<String> before) {
        try {
            before.ifPresentOrElse(host::define, () -> host.undefine(vm));
            return Optional.empty();
        } catch (UnderstudyException e) {
            LOG.warn("VM {} on host {}: the refused definition could not be removed", vm, host.name(), e);
            return Optional.of(Finding.of(
                    FindingCode.UNDO_FAILED,
                    "vm " + vm,
                    "VM '%s' keeps the refused definition on host %s: %s".formatted(vm, host.name(), e.getMessage()),
                    before.isPresent()
                            ? "Define VM '%s' again as it was before.".formatted(vm)
                            : "Undefine VM '%s' on host %s.".formatted(vm, host.name())));
        }
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
