// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.understudy.itests.words.Text.Kind;

/**
 * One thing that docs/style.md forbids.
 *
 * @param kinds the texts it is for
 * @param part what part of a sentence must be known for it
 * @param forbidden what must not be found
 * @param why what is wrong with it
 * @param better what to write
 * @param bad an example that breaks the rule
 * @param good the same in good style
 */
record StyleRule(Set<Kind> kinds, Part part, Pattern forbidden, String why, String better, String bad, String good) {
    private static final int SHOWN_AROUND = 60;

    /** A part of a sentence. */
    enum Part {
        ANY,
        START,
        END,
        WHOLE;

        private boolean knownIn(Text text) {
            return switch (this) {
                case ANY -> true;
                case START -> text.starts();
                case END -> text.ends();
                case WHOLE -> text.starts() && text.ends();
            };
        }
    }

    Stream<Violation> violations(Text text) {
        if (!kinds.contains(text.kind()) || !part.knownIn(text)) {
            return Stream.of();
        }
        return forbidden.matcher(text.words()).results().map(found -> {
            String words = text.words();
            int line = text.line()
                    + (int) words.substring(0, found.start())
                            .chars()
                            .filter(c -> c == '\n')
                            .count();
            int from = Math.max(0, found.start() - SHOWN_AROUND);
            int to = Math.min(words.length(), Math.max(found.end(), found.start() + SHOWN_AROUND) + SHOWN_AROUND);
            String excerpt = (from > 0 ? "... " : "") + words.substring(from, to) + (to < words.length() ? " ..." : "");
            return new Violation(text, line, excerpt.replaceAll("\\s+", " "), found.group(), why, better);
        });
    }
}
