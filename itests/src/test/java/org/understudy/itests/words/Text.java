// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import java.util.EnumSet;
import java.util.Set;

/**
 * One text that a user or an engineer reads.
 *
 * @param kind what it is for
 * @param file the file, relative to the checkout
 * @param line its first line there
 * @param words the text; {@value #UNKNOWN} is a value that only the running program knows
 * @param starts false if something else comes before it in the same sentence
 * @param ends false if something else follows it in the same sentence
 */
record Text(Kind kind, String file, int line, String words, boolean starts, boolean ends) {
    static final String UNKNOWN = "{}";

    /** The kinds of texts that docs/style.md has, and the rest. */
    enum Kind {
        FINDING,
        REMEDY,
        ERROR,
        LOG,
        COMMAND_HELP,
        OPTION_HELP,
        LITERAL,
        CONSOLE,
        SCRIPT,
        NATIVE,
        DOCUMENT,
        COMMENT;

        static final Set<Kind> ALL = EnumSet.allOf(Kind.class);
        static final Set<Kind> SHOWN = EnumSet.complementOf(EnumSet.of(DOCUMENT, COMMENT));
    }

    static Text whole(Kind kind, String file, int line, String words) {
        return new Text(kind, file, line, words, true, true);
    }

    /** The bundle or top-level folder or file that has the text. */
    String module() {
        String[] parts = file.split("/");
        return parts[0].equals("bundles") ? parts[1] : parts[0];
    }
}
