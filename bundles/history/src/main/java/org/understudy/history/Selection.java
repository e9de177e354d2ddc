// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostName;

/**
 * A query as SQL.
 *
 * @param values of its parameters
 */
record Selection(String sql, List<Object> values) {
    private static final String ALL = "select " + HistoryTable.COLUMNS + " from " + HistoryTable.NAME;

    static Selection of(String id) {
        Conditions conditions = new Conditions();
        conditions.add("id = ?", HistoryRow.column(id));
        conditions.among("kind", kinds(Set.of()));
        return new Selection(ALL + conditions.clause(), conditions.values);
    }

    /** One row more than the page has: it shows whether there is another page. */
    static Selection of(HistoryQuery query) {
        Conditions conditions = new Conditions();
        conditions.among("kind", kinds(query.kinds()));
        query.uuid().ifPresent(uuid -> conditions.add("vm_uuid = ?", uuid));
        query.host().map(HostName::value).ifPresent(host -> conditions.add("(host = ? or other_host = ?)", host, host));
        query.user().map(HistoryRow::column).ifPresent(user -> conditions.add("user_name = ?", user));
        conditions.among("outcome", query.outcomes());
        query.since().ifPresent(since -> conditions.add("began >= ?", HistoryRow.utc(since)));
        query.until().ifPresent(until -> conditions.add("began < ?", HistoryRow.utc(until)));
        query.cursor().map(text -> Cursor.parse(query, text)).ifPresent(cursor -> behind(query, cursor, conditions));
        String direction = query.ascending() ? "" : " desc";
        String order = column(query.sort()).map(c -> c + direction + ", ").orElse("");
        return new Selection(
                "%s%s order by %sbegan%s, id%s fetch first %d rows only"
                        .formatted(ALL, conditions.clause(), order, direction, direction, query.limit() + 1),
                conditions.values);
    }

    /** Those of a newer server are not known here. */
    private static List<String> kinds(Set<HistoryKind> wanted) {
        return Arrays.stream(HistoryKind.values())
                .filter(kind -> wanted.isEmpty() || wanted.contains(kind))
                .map(RowFormat::text)
                .toList();
    }

    private static Optional<String> column(HistoryQuery.Sort sort) {
        return switch (sort) {
            case TIME -> Optional.empty();
            case VM -> Optional.of("vm_name");
            case HOST -> Optional.of("host");
            case USER -> Optional.of("user_name");
            case OUTCOME -> Optional.of("outcome");
        };
    }

    private static void behind(HistoryQuery query, Cursor cursor, Conditions conditions) {
        String than = query.ascending() ? ">" : "<";
        Object time = HistoryRow.utc(cursor.time());
        Optional<String> column = column(query.sort());
        // The first condition lets a database use an index, which H2 does not for rows.
        conditions.add(column.orElse("began") + " " + than + "= ?", column.isPresent() ? cursor.key() : time);
        if (column.isPresent()) {
            conditions.add("(" + column.get() + ", began, id) " + than + " (?, ?, ?)", cursor.key(), time, cursor.id());
        } else {
            conditions.add("(began, id) " + than + " (?, ?)", time, cursor.id());
        }
    }

    /** What a row has to fulfil. */
    private static final class Conditions {
        private final List<String> conditions = new ArrayList<>();
        private final List<Object> values = new ArrayList<>();

        void add(String condition, Object... parameters) {
            conditions.add(condition);
            values.addAll(List.of(parameters));
        }

        /** Nothing for an empty list, which selects all. */
        void among(String column, Collection<String> wanted) {
            if (!wanted.isEmpty()) {
                conditions.add(column + " in (" + String.join(", ", Collections.nCopies(wanted.size(), "?")) + ")");
                values.addAll(wanted);
            }
        }

        String clause() {
            return conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions);
        }
    }
}
