// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.xml.Edits;

/** A condition on a pair, with a fix where that is safe. */
interface Rule {
    /** Reports violations. Derives nothing from unknown facts. */
    void check(LintSubject subject, Consumer<Finding> findings);

    /** Fixes each finding of this rule that is marked fixable. */
    default void fix(LintSubject subject, Edits edits) {}
}
