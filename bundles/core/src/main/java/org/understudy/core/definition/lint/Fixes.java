// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import org.understudy.api.PairChange;
import org.understudy.api.PairChange.Effect;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;

/** Mends a definition where that is safe, and leaves every other byte of it alone. */
public final class Fixes {
    /** One mended thing can bring another to light; no chain of the rules is longer than four. */
    private static final int MOST_ROUNDS = 6;

    /**
     * Applies every safe fix, until nothing changes.
     *
     * @return the definition, and what is left to be mended by hand
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MALFORMED_XML}, {@link
     *     org.understudy.api.ErrorCode#XML_REFUSED}
     */
    public PairChange fix(String definition, LintContext context) {
        LintSubject subject = new LintSubject(DomainDocument.parse(definition), context);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            String before = subject.document().text();
            for (Rule rule : Linter.RULES) {
                subject = mended(subject, rule);
            }
            if (subject.document().text().equals(before)) {
                break;
            }
        }
        String mended = subject.document().text();
        boolean changed = !mended.equals(definition);
        return new PairChange(changed, changed ? Effect.AT_NEXT_START : Effect.NONE, Linter.judge(subject), mended);
    }

    /** One rule at a time: the next one sees what this one did, so two fixes never edit one place at once. */
    private static LintSubject mended(LintSubject subject, Rule rule) {
        Edits edits = new Edits(subject.document());
        rule.mend(subject, edits);
        return edits.isEmpty() ? subject : new LintSubject(DomainDocument.parse(edits.apply()), subject.context());
    }
}
