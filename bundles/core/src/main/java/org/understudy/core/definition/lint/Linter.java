// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.xml.DomainDocument;

/** Checks a definition against all rules. */
public final class Linter {
    static final List<Rule> RULES = Stream.of(
                    KindRules.all(),
                    MacRules.all(),
                    AliasRules.all(),
                    AddressRules.all(),
                    List.of(new RomRule()),
                    TeamingRules.all(),
                    MemoryRules.all(),
                    VfRules.all(),
                    ProtectionRules.all(),
                    HostRules.all(),
                    List.of(new RequestedPairRule()))
            .<Rule>flatMap(List::stream)
            .toList();

    /**
     * Checks any libvirt domain XML, of any hypervisor type and architecture.
     *
     * @return the findings; empty for a definition without a pair
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MALFORMED_XML}, {@link
     *     org.understudy.api.ErrorCode#XML_REFUSED}
     */
    public List<Finding> lint(String definition, LintContext context) {
        return check(new LintSubject(DomainDocument.parse(definition), context));
    }

    static List<Finding> check(LintSubject subject) {
        List<Finding> findings = new ArrayList<>();
        RULES.forEach(rule -> rule.check(subject, findings::add));
        return List.copyOf(findings);
    }
}
