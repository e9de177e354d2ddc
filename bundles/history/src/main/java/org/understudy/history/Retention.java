// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPolicy;

/**
 * How long rows are kept: by age, and by number for each kind, so that many findings do not displace actions. The rule is the same
 * on all servers that share a database, and any of them may apply it.
 */
record Retention(int days, int entries) {
    /** Short transactions: another server may write meanwhile. */
    private static final int AT_ONCE = 500;

    private static final int ROUNDS = 20;

    static Retention of(HistoryPolicy policy) {
        return new Retention(policy.keepDays(), policy.keepEntries());
    }

    /** Deletes at most 10,000 rows of each kind; whether there may be more. Commits. */
    boolean apply(Connection connection, Instant now) throws SQLException {
        boolean more = false;
        for (HistoryKind kind : HistoryKind.values()) {
            Instant oldest = now.minus(days, ChronoUnit.DAYS);
            Instant begin =
                    firstBeyond(connection, kind).filter(oldest::isBefore).orElse(oldest);
            int deleted = AT_ONCE;
            for (int round = 0; round < ROUNDS && deleted == AT_ONCE; round++) {
                deleted = delete(connection, kind, begin);
                connection.commit();
            }
            more |= deleted == AT_ONCE;
        }
        return more;
    }

    /** The time of the newest row that is one too many; it goes, with all that are as old. */
    private Optional<Instant> firstBeyond(Connection connection, HistoryKind kind) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select began from " + HistoryTable.NAME
                + " where kind = ? order by began desc offset ? rows fetch first 1 rows only")) {
            select.setString(1, RowFormat.text(kind));
            select.setInt(2, entries);
            try (ResultSet found = select.executeQuery()) {
                return found.next()
                        ? Optional.of(found.getObject(1, OffsetDateTime.class).toInstant())
                        : Optional.empty();
            }
        }
    }

    /** By ids that were read before: H2 reads the whole table for each row of a sub-query. */
    private static int delete(Connection connection, HistoryKind kind, Instant last) throws SQLException {
        List<String> ids = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("select id from " + HistoryTable.NAME
                + " where kind = ? and began <= ? order by began fetch first " + AT_ONCE + " rows only")) {
            select.setString(1, RowFormat.text(kind));
            select.setObject(2, HistoryRow.utc(last));
            try (ResultSet found = select.executeQuery()) {
                while (found.next()) {
                    ids.add(found.getString(1));
                }
            }
        }
        try (PreparedStatement delete =
                connection.prepareStatement("delete from " + HistoryTable.NAME + " where id = ?")) {
            for (String id : ids) {
                delete.setString(1, id);
                delete.addBatch();
            }
            delete.executeBatch();
        }
        return ids.size();
    }
}
