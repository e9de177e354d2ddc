// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.Driver;
import org.h2.api.ErrorCode;
import org.h2.jdbcx.JdbcDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.concurrent.Scheduler;

/** An H2 database in a folder of this server. */
final class EmbeddedDatabase implements Database {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);
    private static final String NAME = "history";
    private static final String FILE = NAME + ".mv.db";
    private static final String DAMAGED = "damaged-";
    private static final int DAMAGED_KEPT = 3;
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

    /**
     * The server closes it, not a hook of the JVM; a batch is on disk when it is committed; no trace files; 4 MiB of memory.
     * Source: H2, Features, "Database URL Overview" and "Settings".
     */
    private static final String OPTIONS =
            ";DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1;WRITE_DELAY=0;TRACE_LEVEL_FILE=0;CACHE_SIZE=4096";

    private static final Set<Integer> CORRUPT = Set.of(ErrorCode.FILE_CORRUPTED_1, ErrorCode.FILE_VERSION_ERROR_1);

    private final Path folder;
    private final Scheduler scheduler;

    EmbeddedDatabase(Path folder, Scheduler scheduler) {
        this.folder = folder.toAbsolutePath();
        this.scheduler = scheduler;
    }

    /** Ends the registration of the driver in this JVM, which would keep the classes of a stopped bundle. */
    static void unload() {
        Driver.unload();
    }

    @Override
    public String subject() {
        return "folder " + folder;
    }

    @Override
    public DataSource open() throws IOException {
        if (folder.toString().contains(";")) {
            throw new IOException("the name of the folder contains a semicolon");
        }
        Files.createDirectories(folder);
        if (!isPrivate()) {
            if (hasOtherFiles()) {
                throw new IOException(
                        "the folder has other files and can be read by other users, use a folder of its own");
            }
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:file:" + folder.resolve(NAME) + OPTIONS);
        source.setUser("sa");
        return source;
    }

    private boolean isPrivate() throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))
                .endsWith("------");
    }

    /** A folder of other programs, whose permissions they need. */
    private boolean hasOtherFiles() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .anyMatch(name -> !name.startsWith(NAME + ".") && !name.startsWith(DAMAGED));
        }
    }

    @Override
    public Optional<String> schemaLock() {
        return Optional.empty();
    }

    /** H2 reports damage that it does not expect as a general error. */
    @Override
    public boolean isCorrupt(Exception failure) {
        return failure instanceof SQLException sql
                && (CORRUPT.contains(sql.getErrorCode())
                        || sql.getErrorCode() == ErrorCode.GENERAL_ERROR_1 && !isOfTheDisk(sql));
    }

    private static boolean isOfTheDisk(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).anyMatch(IOException.class::isInstance);
    }

    @Override
    public void moveAside() throws IOException {
        Path aside = folder.resolve(DAMAGED + STAMP.format(scheduler.instant()) + ".mv.db");
        Files.move(folder.resolve(FILE), aside, StandardCopyOption.ATOMIC_MOVE);
        LOG.error("History file {}: damaged, moved to {}; a new one is begun", folder.resolve(FILE), aside);
        List<Path> all = damaged();
        for (Path old : all.subList(0, Math.max(0, all.size() - DAMAGED_KEPT))) {
            Files.delete(old);
        }
    }

    /** Oldest first. */
    private List<Path> damaged() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(DAMAGED))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        }
    }

    @Override
    public List<Finding> findings() {
        try {
            return damaged().stream().map(EmbeddedDatabase::finding).toList();
        } catch (IOException e) {
            LOG.debug("Folder {} cannot be listed", folder, e);
            return List.of();
        }
    }

    private static Finding finding(Path damaged) {
        return Finding.of(
                FindingCode.HISTORY_INCOMPLETE,
                "file " + damaged,
                "File " + damaged + " is a damaged history; its entries are missing in the new one",
                "Check the disk, then move the file " + damaged + " to another folder or delete it.");
    }

    @Override
    public void close(DataSource opened, boolean healthy) {
        try (Connection connection = opened.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(healthy ? "SHUTDOWN" : "SHUTDOWN IMMEDIATELY");
        } catch (SQLException e) {
            LOG.debug("History in folder {}: not closed", folder, e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EmbeddedDatabase same && same.folder.equals(folder);
    }

    @Override
    public int hashCode() {
        return folder.hashCode();
    }
}
