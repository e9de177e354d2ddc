// SPDX-License-Identifier: Apache-2.0
/**
 * Checks every sentence that a user or an engineer reads against docs/style.md: {@link org.understudy.itests.words.StyleRules}
 * has the rules, the readers of this package collect the sentences.
 */
package org.understudy.itests.words;
