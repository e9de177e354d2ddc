// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.HistoryKind;

/** The statements for the table, in the SQL that H2 and PostgreSQL share. The caller commits. */
final class HistoryTable {
    static final String NAME = "understudy_history";
    static final String COLUMNS =
            "id, server, kind, began, ended, vm_uuid, vm_name, host, other_host, user_name, outcome, document";
    private static final String VALUES = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

    private HistoryTable() {}

    /** Inserts rows, or replaces those of the same id. */
    static void write(Connection connection, List<HistoryRow> rows) throws SQLException {
        List<HistoryRow> missing = new ArrayList<>();
        try (PreparedStatement update = connection.prepareStatement(
                "update %s set (%s) = (%s) where id = ?".formatted(NAME, COLUMNS, VALUES))) {
            for (HistoryRow row : rows) {
                update.setString(set(update, row), row.id());
                update.addBatch();
            }
            int[] counts = update.executeBatch();
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] == 0) {
                    missing.add(rows.get(i));
                }
            }
        }
        try (PreparedStatement insert =
                connection.prepareStatement("insert into %s (%s) values (%s)".formatted(NAME, COLUMNS, VALUES))) {
            for (HistoryRow row : missing) {
                set(insert, row);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** Returns the index of the next parameter. */
    private static int set(PreparedStatement statement, HistoryRow row) throws SQLException {
        int next = 1;
        statement.setString(next++, row.id());
        statement.setString(next++, row.server());
        statement.setString(next++, RowFormat.text(row.kind()));
        statement.setObject(next++, HistoryRow.utc(row.time()));
        if (row.ended().isPresent()) {
            statement.setObject(next++, HistoryRow.utc(row.ended().get()));
        } else {
            statement.setNull(next++, Types.TIMESTAMP_WITH_TIMEZONE);
        }
        if (row.uuid().isPresent()) {
            statement.setObject(next++, row.uuid().get());
        } else {
            statement.setNull(next++, Types.OTHER);
        }
        for (String text : List.of(row.vm(), row.host(), row.otherHost(), row.user(), row.outcome(), row.document())) {
            statement.setString(next++, text);
        }
        return next;
    }

    static List<HistoryRow> read(Connection connection, Selection selection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(selection.sql())) {
            for (int i = 0; i < selection.values().size(); i++) {
                select.setObject(i + 1, selection.values().get(i));
            }
            try (ResultSet found = select.executeQuery()) {
                List<HistoryRow> rows = new ArrayList<>();
                while (found.next()) {
                    rows.add(row(found));
                }
                return rows;
            }
        }
    }

    private static HistoryRow row(ResultSet found) throws SQLException {
        return new HistoryRow(
                found.getString("id"),
                found.getString("server"),
                HistoryKind.valueOf(found.getString("kind").toUpperCase(Locale.ROOT)),
                found.getObject("began", OffsetDateTime.class).toInstant(),
                Optional.ofNullable(found.getObject("ended", OffsetDateTime.class))
                        .map(OffsetDateTime::toInstant),
                Optional.ofNullable(found.getObject("vm_uuid", UUID.class)),
                found.getString("vm_name"),
                found.getString("host"),
                found.getString("other_host"),
                found.getString("user_name"),
                found.getString("outcome"),
                found.getString("document"));
    }

    /** Ends the findings that a former run of this server has left open: their end is unknown. */
    static void endFindings(Connection connection, String server, Instant now) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "update " + NAME
                        + " set ended = ?, outcome = 'unknown' where server = ? and kind = 'finding' and ended is null and began < ?")) {
            update.setObject(1, HistoryRow.utc(now));
            update.setString(2, server);
            update.setObject(3, HistoryRow.utc(now));
            update.executeUpdate();
        }
    }
}
