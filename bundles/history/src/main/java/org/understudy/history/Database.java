// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.understudy.api.Finding;

/** A database that can hold the history. Used by one thread at a time, except {@link #findings}. */
interface Database {
    /** Names the object in findings, such as {@code folder /srv/history}; without a password. */
    String subject();

    /** May block, as every connection of the data source. */
    DataSource open() throws SQLException, IOException;

    /** A statement that lets one server at a time change the schema; empty if only one server uses it. */
    Optional<String> schemaLock();

    /** Whether an error shows that the stored data is damaged. */
    boolean isCorrupt(Exception failure);

    /** Moves damaged data aside, so that the next {@link #open} begins without data. */
    void moveAside() throws IOException;

    /** What is wrong with the stored data, other than that it cannot be used now. */
    List<Finding> findings();

    /**
     * Ends the use of the data source, whose connections are closed.
     *
     * @param healthy false after a failure
     */
    void close(DataSource opened, boolean healthy);
}
