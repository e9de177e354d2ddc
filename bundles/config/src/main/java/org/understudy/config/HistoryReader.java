// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.util.Optional;
import java.util.Set;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.HistoryPolicy.PostgresPolicy;

/** Reads where the history is stored. */
final class HistoryReader {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");
    private static final int LAST_PORT = 65535;
    private static final int POSTGRES_PORT = 5432;
    private static final int MOST_DAYS = 36_500;
    private static final int FEWEST_ENTRIES = 100;
    private static final int MOST_ENTRIES = 10_000_000;

    private HistoryReader() {}

    static HistoryPolicy read(Entry keys) {
        HistoryPolicy usual = HistoryPolicy.defaults();
        HistoryPolicy policy = new HistoryPolicy(
                keys.find("directory").flatMap(Entry::text),
                keys.find("postgresql").flatMap(HistoryReader::postgres),
                number(keys, "keep-days", 1, MOST_DAYS, usual.keepDays()),
                number(keys, "keep-entries", FEWEST_ENTRIES, MOST_ENTRIES, usual.keepEntries()));
        keys.reportUnknownKeys();
        return policy;
    }

    private static Optional<PostgresPolicy> postgres(Entry entry) {
        Entry keys = entry.mapping();
        String host = keys.find("host").flatMap(Entry::text).orElse("localhost");
        int port = number(keys, "port", 1, LAST_PORT, POSTGRES_PORT);
        Optional<String> database = keys.require("database").flatMap(Entry::text);
        Optional<String> user = keys.require("user").flatMap(Entry::text);
        Optional<String> passwordFile = keys.find("password-file").flatMap(Entry::text);
        boolean tls = keys.find("tls").flatMap(Entry::flag).orElse(!LOOPBACK.contains(host));
        Optional<String> rootCertificate = keys.find("root-certificate").flatMap(Entry::text);
        keys.reportUnknownKeys();
        return database.flatMap(
                db -> user.map(u -> new PostgresPolicy(host, port, db, u, passwordFile, tls, rootCertificate)));
    }

    private static int number(Entry keys, String key, int from, int to, int usual) {
        return keys.find(key)
                .flatMap(entry -> entry.number(from, to))
                .map(Long::intValue)
                .orElse(usual);
    }
}
