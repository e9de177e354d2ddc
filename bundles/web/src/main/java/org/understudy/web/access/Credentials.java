// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** The user and password of a request. */
public record Credentials(String user, String password) {
    private static final String SCHEME = "Basic ";

    /** Longer names are cut where they are shown. */
    private static final int SHOWN = 64;

    /** @param header the {@code Authorization} of a request; empty if it has none in the form of RFC 7617 */
    static Optional<Credentials> parse(Optional<String> header) {
        return header.filter(text -> text.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
                .flatMap(text -> decoded(text.substring(SCHEME.length()).strip()))
                .filter(text -> text.indexOf(':') > 0)
                .map(text ->
                        new Credentials(text.substring(0, text.indexOf(':')), text.substring(text.indexOf(':') + 1)));
    }

    private static Optional<String> decoded(String base64) {
        try {
            return Optional.of(new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The user's name, safe for a log line: without control characters, and not longer than 64 characters. */
    String shownUser() {
        String printable = user.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}\\p{Cf}]", "?");
        return printable.length() <= SHOWN ? printable : printable.substring(0, SHOWN) + "...";
    }

    @Override
    public String toString() {
        return "credentials of " + shownUser();
    }
}
