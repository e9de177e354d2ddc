// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.Driver;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.SslMode;
import org.postgresql.ssl.DefaultJavaSSLFactory;
import org.understudy.api.Finding;
import org.understudy.api.HistoryPolicy.PostgresPolicy;

/** A database of a PostgreSQL server, which other servers of Understudy may use as well. */
record PostgresDatabase(PostgresPolicy policy) implements Database {
    private static final int CONNECT_SECONDS = 10;
    private static final int ANSWER_SECONDS = 30;
    /** Any number that no other program of the database is likely to lock. */
    private static final long SCHEMA_LOCK = 0x756E_6465_7273_7475L;

    /** Ends the registration of the driver in this JVM, which would keep the classes of a stopped bundle. */
    static void unload() {
        try {
            if (Driver.isRegistered()) {
                Driver.deregister();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String subject() {
        return "PostgreSQL database %s on %s port %d".formatted(policy.database(), policy.host(), policy.port());
    }

    @Override
    public DataSource open() throws SQLException, IOException {
        if (!Driver.isRegistered()) {
            Driver.register();
        }
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {policy.host().contains(":") ? "[" + policy.host() + "]" : policy.host()});
        source.setPortNumbers(new int[] {policy.port()});
        source.setDatabaseName(policy.database());
        source.setUser(policy.user());
        if (policy.passwordFile().isPresent()) {
            source.setPassword(password(Path.of(policy.passwordFile().get())));
        }
        source.setSslMode((policy.tls() ? SslMode.VERIFY_FULL : SslMode.DISABLE).value);
        if (policy.rootCertificate().isPresent()) {
            source.setSslRootCert(policy.rootCertificate().get());
        } else {
            source.setSslfactory(DefaultJavaSSLFactory.class.getName());
        }
        source.setConnectTimeout(CONNECT_SECONDS);
        source.setLoginTimeout(CONNECT_SECONDS);
        source.setSocketTimeout(ANSWER_SECONDS);
        source.setTcpKeepAlive(true);
        source.setApplicationName("understudy");
        return source;
    }

    private static String password(Path file) throws IOException {
        if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
            throw new IOException("password-file " + file + " can be read by every user of this machine");
        }
        return Files.readString(file).strip();
    }

    @Override
    public Optional<String> schemaLock() {
        return Optional.of("select pg_advisory_xact_lock(" + SCHEMA_LOCK + ")");
    }

    /** The server repairs its files itself, or an administrator does. */
    @Override
    public boolean isCorrupt(Exception failure) {
        return false;
    }

    @Override
    public void moveAside() {
        throw new UnsupportedOperationException("PostgreSQL has its own files");
    }

    @Override
    public List<Finding> findings() {
        return List.of();
    }

    @Override
    public void close(DataSource opened, boolean healthy) {
        // All connections are closed already.
    }
}
