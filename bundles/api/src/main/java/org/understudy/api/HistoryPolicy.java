// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;

/**
 * Where the {@link History} is stored, and for how long.
 *
 * @param directory the folder of the embedded database; empty: below the data folder of the server
 * @param postgres the PostgreSQL database that is used instead
 * @param keepDays older entries are deleted
 * @param keepEntries only the newest entries of each kind are kept
 */
public record HistoryPolicy(
        Optional<String> directory, Optional<PostgresPolicy> postgres, int keepDays, int keepEntries) {
    private static final int YEAR = 365;
    private static final int ENTRIES = 100_000;

    /**
     * A database of a PostgreSQL server.
     *
     * @param host name or address of the server
     * @param port its port
     * @param database the name of the database
     * @param user the user
     * @param passwordFile the file with the password; empty: the server requests none
     * @param tls whether the connection is encrypted, and the certificate of the server is checked
     * @param rootCertificate the file with the certificates that are trusted; empty: those of Java
     */
    public record PostgresPolicy(
            String host,
            int port,
            String database,
            String user,
            Optional<String> passwordFile,
            boolean tls,
            Optional<String> rootCertificate) {}

    /** {@return an embedded database, with entries of one year} */
    public static HistoryPolicy defaults() {
        return new HistoryPolicy(Optional.empty(), Optional.empty(), YEAR, ENTRIES);
    }
}
