// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.HistoryQuery;

/**
 * A query as SQL.
 *
 * @param values of its parameters
 */
record Selection(String sql, List<Object> values) {
    private static final String ALL = "select " + HistoryTable.COLUMNS + " from " + HistoryTable.NAME;

    static Selection of(String id) {
        return new Selection(ALL + " where id = ?", List.of(HistoryRow.column(id)));
    }

    /** One row more than the page has: it shows whether there is another page. */
    static Selection of(HistoryQuery query) {
        if (query.host().isEmpty()) {
            return of(query, new Conditions());
        }
        // Each part uses its own index, which neither database does for a condition with "or".
        String host = query.host().get().value();
        Selection first = of(query, new Conditions().add("host = ?", host));
        Selection second =
                of(query, new Conditions().add("other_host = ?", host).add("host <> ?", host));
        List<Object> values = new ArrayList<>(first.values);
        values.addAll(second.values);
        return new Selection(
                "select %s from ((%s) union all (%s)) found%s"
                        .formatted(HistoryTable.COLUMNS, first.sql, second.sql, order(query, List.of())),
                values);
    }

    /** @param conditions those of the host */
    private static Selection of(HistoryQuery query, Conditions conditions) {
        query.uuid().ifPresent(uuid -> conditions.add("vm_uuid = ?", uuid));
        query.user().map(HistoryRow::column).ifPresent(user -> conditions.add("user_name = ?", user));
        conditions.among("kind", query.kinds().stream().map(RowFormat::text).toList());
        List<String> leading = conditions.fixed.stream().limit(1).toList();
        conditions.among("outcome", query.outcomes());
        query.since().ifPresent(since -> conditions.add("began >= ?", HistoryRow.utc(since)));
        query.until().ifPresent(until -> conditions.add("began < ?", HistoryRow.utc(until)));
        query.cursor().map(text -> Cursor.parse(query, text)).ifPresent(cursor -> behind(query, cursor, conditions));
        return new Selection(ALL + conditions.clause() + order(query, leading), conditions.values);
    }

    /** @param leading a column that has one value: with it, the order is that of an index, which H2 then uses */
    private static String order(HistoryQuery query, List<String> leading) {
        String direction = query.ascending() ? "" : " desc";
        Optional<String> column = column(query.sort());
        Stream<String> columns =
                Stream.concat(column.isPresent() ? column.stream() : leading.stream(), Stream.of("began", "id"));
        return columns.map(c -> c + direction).collect(Collectors.joining(", ", " order by ", "")) + " fetch first "
                + (query.limit() + 1) + " rows only";
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
        /** Columns that have one value. */
        private final List<String> fixed = new ArrayList<>();

        Conditions add(String condition, Object... parameters) {
            conditions.add(condition);
            values.addAll(List.of(parameters));
            if (condition.endsWith(" = ?")) {
                fixed.add(condition.substring(0, condition.indexOf(' ')));
            }
            return this;
        }

        /** Nothing for an empty list, which selects all. */
        void among(String column, Collection<String> wanted) {
            if (wanted.size() == 1) {
                add(column + " = ?", wanted.iterator().next());
            } else if (!wanted.isEmpty()) {
                add(
                        column + " in (" + String.join(", ", Collections.nCopies(wanted.size(), "?")) + ")",
                        wanted.toArray());
            }
        }

        String clause() {
            return conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions);
        }
    }
}
