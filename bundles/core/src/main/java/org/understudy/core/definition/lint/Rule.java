// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.xml.Edits;

/** One thing a pair must satisfy, and how to mend it where that is safe. */
interface Rule {
    /** Tells what is wrong. Says nothing about what is not known. */
    void judge(LintSubject subject, Consumer<Finding> to);

    /** Mends every finding of this rule that is marked fixable; one that has none does nothing. */
    default void mend(LintSubject subject, Edits edits) {}
}
