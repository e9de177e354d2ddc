// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Applies numbered SQL files to a database: those with a higher number than the last one that was applied. A file never
 * changes once it was shipped; its checksum is compared.
 *
 * @param files the text of a file by its number, from 1; empty behind the last one
 */
record SchemaUpgrade(IntFunction<Optional<String>> files) {
    private static final String TABLE = "understudy_history_schema";

    /** The files in this bundle. */
    static SchemaUpgrade shipped() {
        return new SchemaUpgrade(SchemaUpgrade::resource);
    }

    private static Optional<String> resource(int number) {
        try (InputStream in = SchemaUpgrade.class.getResourceAsStream("schema/" + number + ".sql")) {
            return in == null ? Optional.empty() : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Applies what is missing, in the transaction of the connection.
     *
     * @param lock lets one server at a time continue; until the end of the transaction
     */
    void apply(Connection connection, Optional<String> lock) throws SQLException {
        List<String> shipped = new ArrayList<>();
        for (int n = 1; files.apply(n).isPresent(); n++) {
            shipped.add(files.apply(n).orElseThrow());
        }
        try (Statement statement = connection.createStatement()) {
            if (lock.isPresent()) {
                statement.execute(lock.get());
            }
            statement.execute(
                    "create table if not exists " + TABLE
                            + " (version int primary key, checksum varchar(64) not null, applied timestamp with time zone not null)");
            Map<Integer, String> applied = applied(statement);
            requireKnown(applied, shipped);
            for (int version = applied.size() + 1; version <= shipped.size(); version++) {
                apply(connection, version, shipped.get(version - 1));
            }
        }
        connection.commit();
    }

    private static Map<Integer, String> applied(Statement statement) throws SQLException {
        Map<Integer, String> applied = new TreeMap<>();
        try (ResultSet rows = statement.executeQuery("select version, checksum from " + TABLE)) {
            while (rows.next()) {
                applied.put(rows.getInt(1), rows.getString(2));
            }
        }
        return applied;
    }

    private static void requireKnown(Map<Integer, String> applied, List<String> shipped) throws SQLException {
        for (Map.Entry<Integer, String> one : applied.entrySet()) {
            int version = one.getKey();
            if (version > shipped.size()) {
                throw new SQLException("its schema has version %d, but this server knows versions up to %d"
                        .formatted(version, shipped.size()));
            } else if (!one.getValue().equals(checksum(shipped.get(version - 1)))) {
                throw new SQLException("version %d of its schema is not that of this server".formatted(version));
            }
        }
    }

    private static void apply(Connection connection, int version, String file) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements(file)) {
                statement.execute(sql);
            }
        }
        try (PreparedStatement insert =
                connection.prepareStatement("insert into " + TABLE + " values (?, ?, current_timestamp)")) {
            insert.setInt(1, version);
            insert.setString(2, checksum(file));
            insert.executeUpdate();
        }
    }

    /** A statement ends with a semicolon at the end of a line. */
    private static List<String> statements(String file) {
        String withoutComments = file.replaceAll("(?m)^--.*$", "");
        return Arrays.stream(withoutComments.split(";\\s*(\\n|$)"))
                .map(String::strip)
                .filter(sql -> !sql.isEmpty())
                .toList();
    }

    private static String checksum(String file) {
        try {
            byte[] bytes = file.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
