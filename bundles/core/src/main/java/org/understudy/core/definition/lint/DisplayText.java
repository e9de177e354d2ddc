// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.Locale;
import java.util.regex.Pattern;

/** Formats values of a document for a message: one line of limited length. */
final class DisplayText {
    private static final int MAX_LENGTH = 80;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private DisplayText() {}

    static String cut(String value) {
        String line = CONTROL.matcher(value.length() > MAX_LENGTH ? value.substring(0, MAX_LENGTH) : value)
                .replaceAll(" ");
        return value.length() > MAX_LENGTH ? line + "..." : line;
    }

    static String quoted(String value) {
        return "'" + cut(value) + "'";
    }

    static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
