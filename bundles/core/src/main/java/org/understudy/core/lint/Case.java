// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lint;

import org.understudy.core.domain.DomainDocument;

/** What the rules look at: a document and what is known besides it. */
record Case(DomainDocument document, LintContext context) {}
