// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import org.understudy.api.ErrorCode;
import org.understudy.api.HistoryQuery;
import org.understudy.api.UnderstudyException;

/**
 * The last row of a page; the next page begins behind it, also if rows were added or deleted meanwhile.
 *
 * @param key the value that the rows are sorted by; empty if they are sorted by time
 */
record Cursor(String key, Instant time, String id) {
    /** No column contains it. */
    private static final String SEPARATOR = "\0";

    private static final int PARTS = 4;

    static String of(HistoryQuery query, HistoryRow last) {
        String text = String.join(
                SEPARATOR, order(query), key(query.sort(), last), last.time().toString(), last.id());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String order(HistoryQuery query) {
        return query.sort() + (query.ascending() ? "+" : "-");
    }

    private static String key(HistoryQuery.Sort sort, HistoryRow row) {
        return switch (sort) {
            case TIME -> "";
            case VM -> row.vm();
            case HOST -> row.host();
            case USER -> row.user();
            case OUTCOME -> row.outcome();
        };
    }

    /** @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if it is not of a query with this order */
    static Cursor parse(HistoryQuery query, String cursor) {
        try {
            String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            String[] parts = text.split(SEPARATOR, -1);
            if (parts.length == PARTS && parts[0].equals(order(query))) {
                return new Cursor(parts[1], Instant.parse(parts[2]), parts[3]);
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            throw invalid(e);
        }
        throw invalid(new IllegalArgumentException("order"));
    }

    private static UnderstudyException invalid(Exception cause) {
        return new UnderstudyException(
                ErrorCode.INVALID_ARGUMENT, "The cursor is not that of a page of this query", cause);
    }
}
