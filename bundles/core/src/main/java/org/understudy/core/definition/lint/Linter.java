// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.xml.DomainDocument;

/** Judges a definition against every rule. */
public final class Linter {
    static final List<Rule> RULES = Stream.of(
                    KindRules.all(),
                    MacRules.all(),
                    AliasRules.all(),
                    AddressRules.all(),
                    List.of(new RomRule()),
                    VfRules.all(),
                    HostRules.all(),
                    List.of(new RequestedPairRule()))
            .<Rule>flatMap(List::stream)
            .toList();

    /**
     * Judges any libvirt domain XML, of any hypervisor type and architecture.
     *
     * @return empty if all is well, and for a definition without a pair
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MALFORMED_XML}, {@link
     *     org.understudy.api.ErrorCode#XML_REFUSED}
     */
    public List<Finding> lint(String definition, LintContext context) {
        return judge(new LintSubject(DomainDocument.parse(definition), context));
    }

    static List<Finding> judge(LintSubject subject) {
        List<Finding> findings = new ArrayList<>();
        RULES.forEach(rule -> rule.judge(subject, findings::add));
        return List.copyOf(findings);
    }
}
