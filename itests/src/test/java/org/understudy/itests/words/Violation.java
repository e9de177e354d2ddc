// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

/**
 * One place where a text breaks a rule.
 *
 * @param text the text
 * @param line the line of its file
 * @param excerpt what is around the place
 * @param found what breaks the rule
 * @param why the rule
 * @param better what to write
 */
record Violation(Text text, int line, String excerpt, String found, String why, String better) {
    String place() {
        return text.file() + ":" + line;
    }

    @Override
    public String toString() {
        return "%s  %s  \"%s\"%n      %s; better: %s".formatted(place(), text.kind(), excerpt, why, better);
    }
}
