// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.regex.Pattern;

/** Values of a document as they may stand in a message: one line, and never as long as the document. */
final class DisplayText {
    private static final int LONGEST = 80;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private DisplayText() {}

    static String cut(String value) {
        String line = CONTROL.matcher(value.length() > LONGEST ? value.substring(0, LONGEST) : value)
                .replaceAll(" ");
        return value.length() > LONGEST ? line + "..." : line;
    }

    static String quoted(String value) {
        return "'" + cut(value) + "'";
    }
}
