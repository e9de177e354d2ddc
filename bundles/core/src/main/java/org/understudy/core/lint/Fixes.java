// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lint;

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
        Case it = new Case(DomainDocument.parse(definition), context);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            String before = it.document().text();
            for (Rule rule : Linter.RULES) {
                it = mended(it, rule);
            }
            if (it.document().text().equals(before)) {
                break;
            }
        }
        String mended = it.document().text();
        boolean changed = !mended.equals(definition);
        return new PairChange(changed, changed ? Effect.AT_NEXT_START : Effect.NONE, Linter.judge(it), mended);
    }

    /** One rule at a time: the next one sees what this one did, so two fixes never edit one place at once. */
    private static Case mended(Case it, Rule rule) {
        Edits edits = new Edits(it.document());
        rule.mend(it, edits);
        return edits.isEmpty() ? it : new Case(DomainDocument.parse(edits.apply()), it.context());
    }
}
