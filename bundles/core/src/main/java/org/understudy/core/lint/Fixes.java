// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lint;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.PairChange;
import org.understudy.core.domain.DomainDocument;
import org.understudy.core.domain.Edits;

/** Mends a definition where that is safe, and leaves every other byte of it alone. */
public final class Fixes {
    private static final int MOST_ROUNDS = 10;

    private final Linter linter = new Linter();

    /**
     * Applies every safe fix. One mended thing can bring another to light, so this goes on until nothing changes.
     *
     * @return the definition, and what is left to be mended by hand
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MALFORMED_XML}, {@link
     *     org.understudy.api.ErrorCode#XML_REFUSED}
     */
    public PairChange fix(String definition, LintContext context) {
        String mended = definition;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            String before = mended;
            for (Rule rule : Linter.RULES) {
                mended = mend(mended, rule, context);
            }
            if (mended.equals(before)) {
                break;
            }
        }
        List<Finding> left = linter.lint(mended, context);
        boolean changed = !mended.equals(definition);
        PairChange.Effect effect = changed ? PairChange.Effect.AT_NEXT_START : PairChange.Effect.NONE;
        return new PairChange(changed, effect, left, mended);
    }

    /** One rule at a time: the next one sees what this one did, so two fixes never edit the same place at once. */
    private static String mend(String definition, Rule rule, LintContext context) {
        DomainDocument document = DomainDocument.parse(definition);
        Edits edits = new Edits(document);
        rule.mend(new Case(document, context), edits);
        return edits.isEmpty() ? definition : edits.apply();
    }
}
