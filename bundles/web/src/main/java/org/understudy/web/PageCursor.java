// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * The position of an element in a sorted list. It stays valid if elements are added or removed, also the element itself.
 *
 * @param value of the sort key
 * @param key identifies the element among those with the same value
 */
record PageCursor(String value, String key) implements Comparable<PageCursor> {
    private static final Comparator<PageCursor> ORDER =
            Comparator.comparing(PageCursor::value).thenComparing(PageCursor::key);

    private static final String SEPARATOR = "\0";

    @Override
    public int compareTo(PageCursor other) {
        return ORDER.compare(this, other);
    }

    /** @param sort the order in which it is valid */
    String text(String sort) {
        byte[] bytes = String.join(SEPARATOR, sort, value, key).getBytes(StandardCharsets.UTF_8);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static PageCursor parse(String sort, String text) {
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(SEPARATOR, -1);
            if (parts.length == 3 && parts[0].equals(sort)) {
                return new PageCursor(parts[1], parts[2]);
            }
        } catch (IllegalArgumentException e) {
            throw invalid(sort, text);
        }
        throw invalid(sort, text);
    }

    private static UnderstudyException invalid(String sort, String text) {
        return new UnderstudyException(
                ErrorCode.INVALID_ARGUMENT, "Cursor '" + text + "' is not of a page with the order '" + sort + "'");
    }
}
