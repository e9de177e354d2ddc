// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.HistoryPolicy.PostgresPolicy;
import org.understudy.api.HistoryQuery;
import org.understudy.api.Outcome;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.history.testing.PostgresServer;

class PostgresDatabaseTest extends HistoryTableContract {
    private static PostgresServer server;
    /** One for all tests, which each begin without tables: to create a database takes longer than a test. */
    private static PostgresPolicy policy;

    private final FakeScheduler scheduler = new FakeScheduler();

    @TempDir
    static Path secrets;

    @BeforeAll
    static void start() throws Exception {
        server = new PostgresServer();
        policy = server.newDatabase("us", secrets);
    }

    @AfterEach
    void dropTables() throws Exception {
        try (Connection connection = server.connect(policy.database());
                Statement statement = connection.createStatement()) {
            statement.execute("set lock_timeout = '10s'");
            statement.execute("drop table if exists understudy_history, understudy_history_schema");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @Override
    Database database() {
        return new PostgresDatabase(policy);
    }

    private StoredHistory history(PostgresPolicy place) {
        StoredHistory history = new StoredHistory(
                new HistoryPolicy(Optional.empty(), Optional.of(place), 365, 1000),
                now -> new PostgresDatabase(now.postgres().orElseThrow()),
                "server-a",
                scheduler);
        scheduler.advance(HistoryWriter.PACE);
        return history;
    }

    private static HistoryRow row(String server, int number) {
        return new RowFormat(server)
                .of(Entries.migration(
                        "m-" + server + "-" + number,
                        "web1",
                        Entries.START.plusSeconds(number),
                        Optional.of(Outcome.COMPLETED)));
    }

    @Test
    void writesWhatWaitedOnceTheServerIsBack() throws Exception {
        StoredHistory history = history(policy);
        history.put(row("a", 1));
        scheduler.advance(HistoryWriter.PACE);
        assertThat(history.findings()).isEmpty();
        server.stop();

        history.put(row("a", 2));
        scheduler.advance(HistoryWriter.PACE);
        assertThat(history.findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.HISTORY_UNAVAILABLE);
            assertThat(f.message()).contains("127.0.0.1 port " + server.port, "entries that wait in memory: 1");
        });

        server.start();
        scheduler.advance(HistoryWriter.MAINTENANCE);
        assertThat(history.findings()).isEmpty();
        assertThat(history.find(HistoryQuery.newest(Set.of(), 9)).entries()).hasSize(2);
        history.close();
    }

    @Test
    void reportsAWrongPasswordWithoutPrintingIt() throws Exception {
        String wrong = "n0t-the-secret";
        PostgresPolicy mistaken = server.policy(
                policy.database(), policy.user(), Optional.of(PostgresServer.passwordFile(secrets, wrong)));

        StoredHistory history = history(mistaken);

        assertThat(history.findings())
                .singleElement()
                .extracting(Finding::message)
                .satisfies(message -> assertThat(message.toString())
                        .contains("password authentication failed")
                        .doesNotContain(wrong));
        assertThat(history.toString() + mistaken).doesNotContain(wrong);
        history.close();
    }

    @Test
    void refusesAPasswordFileThatEveryUserCanRead() throws Exception {
        Path file = PostgresServer.passwordFile(secrets, PostgresServer.PASSWORD);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        Database readable = new PostgresDatabase(server.policy(policy.database(), policy.user(), Optional.of(file)));

        assertThatThrownBy(readable::open).hasMessageContaining("can be read by every user");
    }

    private static PostgresPolicy encrypted(String host, Optional<Path> root) {
        return new PostgresPolicy(
                host,
                policy.port(),
                policy.database(),
                policy.user(),
                policy.passwordFile(),
                true,
                root.map(Path::toString));
    }

    @Test
    void encryptsTheConnectionToAServerWhoseCertificateIsTrusted() throws Exception {
        Database trusted = new PostgresDatabase(encrypted("127.0.0.1", Optional.of(server.certificate())));

        try (Connection connection = trusted.open().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select ssl from pg_stat_ssl where pid = pg_backend_pid()")) {
            assertThat(rows.next() && rows.getBoolean(1)).isTrue();
        }
    }

    @Test
    void sendsNoPasswordToAServerWithAnUnknownCertificateOrAnotherName() throws Exception {
        Database unknown = new PostgresDatabase(encrypted("127.0.0.1", Optional.empty()));
        Database otherName = new PostgresDatabase(encrypted("localhost", Optional.of(server.certificate())));

        assertThatThrownBy(() -> unknown.open().getConnection()).hasStackTraceContaining("certification path");
        assertThatThrownBy(() -> otherName.open().getConnection()).hasMessageContaining("localhost");
    }

    /** On an empty database, several servers upgrade the schema and write at the same time. */
    @Test
    void isSharedBySeveralServers() throws Exception {
        PostgresPolicy place = server.newDatabase("shared", secrets);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<Integer>> servers = IntStream.range(0, 4)
                .mapToObj(n -> threads.submit(() -> {
                    HistoryStore mine = HistoryStore.open(new PostgresDatabase(place), SchemaUpgrade.shipped());
                    for (int i = 0; i < 50; i++) {
                        HistoryRow row = row("s" + n, i);
                        mine.with(connection -> {
                            HistoryTable.write(connection, List.of(row));
                            return true;
                        });
                        mine.with(connection -> new Retention(36_500, 100).apply(connection, Entries.START));
                    }
                    mine.close(true);
                    return n;
                }))
                .toList();
        for (Future<Integer> one : servers) {
            one.get();
        }
        threads.shutdown();

        HistoryStore all = HistoryStore.open(new PostgresDatabase(place), SchemaUpgrade.shipped());
        List<HistoryRow> rows = all.with(c -> HistoryTable.read(c, Selection.of(HistoryQuery.newest(Set.of(), 1000))));
        assertThat(rows).hasSizeBetween(97, 100);
        assertThat(rows).extracting(HistoryRow::server).contains("s0", "s1", "s2", "s3");
        all.close(true);
    }

    @Test
    void keepsNoMoreConnectionsThanItNeeds() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<List<HistoryRow>>> queries = IntStream.range(0, 40)
                .mapToObj(n -> threads.submit(() -> rows(HistoryQuery.newest(Set.of(), 9))))
                .toList();
        for (Future<List<HistoryRow>> query : queries) {
            query.get();
        }
        threads.shutdown();

        await("connections to close")
                .until(() -> store.with(connection -> {
                    try (var statement = connection.createStatement();
                            var count = statement.executeQuery(
                                    "select count(*) from pg_stat_activity where datname = current_database()")) {
                        return count.next() && count.getInt(1) <= 4;
                    }
                }));
    }
}
