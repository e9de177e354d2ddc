// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import org.understudy.api.PairChange;
import org.understudy.api.PairChange.Effect;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;

/** Fixes a definition where that is safe, and keeps every other byte. */
public final class Fixes {
    /** A fix can reveal another finding. No chain of the rules is longer than four. */
    private static final int MAX_ROUNDS = 6;

    /**
     * Applies all safe fixes until nothing changes.
     *
     * @return the fixed definition and the remaining findings
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MALFORMED_XML}, {@link
     *     org.understudy.api.ErrorCode#XML_REFUSED}
     */
    public PairChange fix(String definition, LintContext context) {
        LintSubject subject = new LintSubject(DomainDocument.parse(definition), context);
        for (int round = 0; round < MAX_ROUNDS; round++) {
            String before = subject.document().text();
            for (Rule rule : Linter.RULES) {
                subject = applyFix(subject, rule);
            }
            if (subject.document().text().equals(before)) {
                break;
            }
        }
        String fixed = subject.document().text();
        boolean changed = !fixed.equals(definition);
        return new PairChange(changed, changed ? Effect.AT_NEXT_START : Effect.NONE, Linter.check(subject), fixed);
    }

    /** Applies one rule at a time: the next rule sees the result, so two fixes never edit the same place. */
    private static LintSubject applyFix(LintSubject subject, Rule rule) {
        Edits edits = new Edits(subject.document());
        rule.fix(subject, edits);
        return edits.isEmpty() ? subject : new LintSubject(DomainDocument.parse(edits.apply()), subject.context());
    }
}
