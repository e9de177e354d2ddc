// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the rows of a buffer to a store in batches; a row that the store refuses does not prevent the others. */
record BatchWriter(WriteBuffer buffer) {
    private static final Logger LOG = LoggerFactory.getLogger(BatchWriter.class);
    private static final int BATCH = 200;

    /** Writes as many rows as wait now: those that arrive meanwhile are merged, and written at the next call. */
    void write(HistoryStore store) throws SQLException {
        for (int left = buffer.size(); left > 0; left -= BATCH) {
            write(store, buffer.oldest(Math.min(left, BATCH)));
        }
    }

    private void write(HistoryStore store, List<HistoryRow> rows) throws SQLException {
        try {
            store.with(connection -> {
                HistoryTable.write(connection, rows);
                return true;
            });
            buffer.remove(rows);
        } catch (SQLException e) {
            if (!isOfARow(e)) {
                throw e;
            }
            if (rows.size() == 1) {
                LOG.error(
                        "History entry {}: refused by the store, dropped",
                        rows.get(0).id(),
                        e);
                buffer.drop(rows.get(0));
            } else {
                for (HistoryRow row : rows) {
                    write(store, List.of(row));
                }
            }
        }
    }

    /** Data exception or integrity constraint violation. Source: ISO/IEC 9075-2, "SQLSTATE class and subclass codes". */
    private static boolean isOfARow(SQLException e) {
        String state = Optional.ofNullable(e.getSQLState()).orElse("");
        return state.startsWith("22") || state.startsWith("23");
    }
}
