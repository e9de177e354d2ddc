// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open database with the current schema, and a few connections that wait for use. Safe for use from any thread. */
final class HistoryStore {
    private static final Logger LOG = LoggerFactory.getLogger(HistoryStore.class);
    private static final int IDLE_CONNECTIONS = 4;
    private static final int VALID_SECONDS = 5;

    private final Database database;
    private final DataSource source;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private boolean closed;

    /** Uses a connection. */
    interface Call<T> {
        T on(Connection connection) throws SQLException;
    }

    private HistoryStore(Database database, DataSource source) {
        this.database = database;
        this.source = source;
    }

    /** Opens a database and upgrades its schema. */
    static HistoryStore open(Database database, SchemaUpgrade schema) throws SQLException, IOException {
        HistoryStore store = new HistoryStore(database, database.open());
        try {
            store.with(connection -> {
                schema.apply(connection, database.schemaLock());
                return true;
            });
            return store;
        } catch (SQLException | RuntimeException | Error e) {
            store.close(false);
            throw e;
        }
    }

    /** Calls with a connection of its own, in a transaction. */
    <T> T with(Call<T> call) throws SQLException {
        Connection connection = borrow();
        boolean done = false;
        try {
            T result = call.on(connection);
            connection.commit();
            done = true;
            return result;
        } finally {
            if (!done || !keep(connection)) {
                close(connection);
            }
        }
    }

    private Connection borrow() throws SQLException {
        for (Optional<Connection> next = poll(); next.isPresent(); next = poll()) {
            if (next.get().isValid(VALID_SECONDS)) {
                return next.get();
            }
            close(next.get());
        }
        Connection connection = source.getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    private synchronized Optional<Connection> poll() {
        return Optional.ofNullable(idle.poll());
    }

    private synchronized boolean keep(Connection connection) {
        return !closed && idle.size() < IDLE_CONNECTIONS && idle.offerFirst(connection);
    }

    /** Rolls back what was not committed. */
    private static void close(Connection connection) {
        try (connection) {
            connection.rollback();
        } catch (SQLException e) {
            LOG.debug("Connection of the history: not closed", e);
        }
    }

    /** @param healthy false after a failure */
    void close(boolean healthy) {
        List<Connection> all;
        synchronized (this) {
            closed = true;
            all = new ArrayList<>(idle);
            idle.clear();
        }
        all.forEach(HistoryStore::close);
        database.close(source, healthy);
    }
}
