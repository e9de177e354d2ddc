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
 * Stores a definition and checks what the host stored, because the host starts the VM from that. After an error, the
 * former definition is restored.
 *
 * @param rules checks a definition
 */
public record VerifiedDefine(Host host, Function<String, List<Finding>> rules) {
    private static final Logger LOG = LoggerFactory.getLogger(VerifiedDefine.class);

    private record FindingKey(FindingCode code, String subject) {
        static FindingKey of(Finding finding) {
            return new FindingKey(finding.code(), finding.subject());
        }
    }

    /**
     * @param before the definition that the host has stored; empty if the VM is new
     * @return the findings that the definition did not have before it was stored; an error means that it was not stored
     */
    public List<Finding> define(String definition, Optional<String> before) {
        VmName vm = host.define(definition).name();
        String stored = host.definition(vm);
        if (stored.equals(definition)) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>(StoredDefinitionDiff.of(definition, stored));
        findings.addAll(newFindings(definition, before, stored));
        if (Finding.anyBlocking(findings)) {
            restore(vm, before).ifPresent(findings::add);
        }
        return List.copyOf(findings);
    }

    /** A failed rollback is a finding, so that the findings of the new definition are reported in any case. */
    private Optional<Finding> restore(VmName vm, Optional<String> before) {
        try {
            before.ifPresentOrElse(host::define, () -> host.undefine(vm));
            return Optional.empty();
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: refused definition of VM {} could not be removed", host.name(), vm, e);
            return Optional.of(Finding.of(
                    FindingCode.UNDO_FAILED,
                    "vm " + vm,
                    "VM %s keeps the refused definition on host %s: %s".formatted(vm, host.name(), e.getMessage()),
                    before.isPresent()
                            ? "Define VM %s again with its former definition.".formatted(vm)
                            : "Undefine VM %s on host %s.".formatted(vm, host.name())));
        }
    }

    /** Compares code and subject only, because the host writes some values differently. */
    private List<Finding> newFindings(String definition, Optional<String> before, String stored) {
        Set<FindingKey> known = new HashSet<>();
        rules.apply(definition).forEach(f -> known.add(FindingKey.of(f)));
        before.ifPresent(text -> rules.apply(text).forEach(f -> known.add(FindingKey.of(f))));
        return rules.apply(stored).stream()
                .filter(f -> !known.contains(FindingKey.of(f)))
                .toList();
    }
}
