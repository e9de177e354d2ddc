// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.HistoryQuery;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.testing.VirtualTimeScheduler;

/** A store that hangs, and a change of the configuration; with real threads. */
@Timeout(60)
class StoredHistoryTest {
    private static final HistoryQuery ALL = HistoryQuery.newest(Set.of(), 1000);

    private final VirtualTimeScheduler scheduler = new VirtualTimeScheduler();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        scheduler.close();
    }

    private StoredHistory history(Database database) {
        return new StoredHistory(HistoryPolicy.defaults(), policy -> database, "server-a", scheduler);
    }

    private static HistoryRow row(int number) {
        return Entries.FORMAT.of(
                Entries.migration("m-" + number, "web1", Entries.START.plusSeconds(number), Optional.empty()));
    }

    private void pass(Duration time) {
        scheduler.pass(time);
    }

    @Test
    void delaysNoCallerWhileTheStoreHangsAndReportsIt() throws Exception {
        HangingDatabase database = new HangingDatabase(folder, scheduler);
        StoredHistory history =
                new StoredHistory(HistoryPolicy.defaults(), policy -> database, "server-a", scheduler, 500);
        pass(HistoryWriter.PACE);
        database.awaitCall();

        for (int i = 0; i < 510; i++) {
            history.put(row(i));
        }
        assertThatThrownBy(() -> history.find(ALL))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HISTORY_UNAVAILABLE));
        pass(HistoryWriter.HANGS);

        assertThat(history.findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.HISTORY_UNAVAILABLE, FindingCode.HISTORY_INCOMPLETE);
        assertThat(history.findings().get(0).message())
                .contains("has not answered for 30 s", "entries that wait in memory: 500");
        assertThat(history.findings().get(1).message()).contains("history lost: 10,");

        database.release();
        await("the rows").until(() -> history.findings().size() == 1);
        assertThat(find(history).entries()).extracting(e -> e.id()).startsWith("m-509");
        history.close();
    }

    private HistoryPage find(StoredHistory history) {
        return await("a query").ignoreExceptions().until(() -> history.find(ALL), page -> true);
    }

    @Test
    void answersAQueryWithinItsLimitWhileTheStoreHangs() throws Exception {
        StoredHistory history = history(new EmbeddedDatabase(folder, scheduler));
        pass(HistoryWriter.PACE);
        find(history);
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);

        CompletableFuture<Boolean> query = CompletableFuture.supplyAsync(() -> history.call(connection -> {
            reached.countDown();
            try {
                return released.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                throw new AssertionError("a thread of the database was interrupted", e);
            }
        }));
        reached.await();
        pass(StoredHistory.LIMIT.plusSeconds(1));

        assertThatThrownBy(query::get)
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("has not answered within 10 s");
        released.countDown();
        history.close();
    }

    @Test
    void reportsAQueryThatFailsWithoutItsStatement() {
        StoredHistory history = history(new EmbeddedDatabase(folder, scheduler));
        pass(HistoryWriter.PACE);
        find(history);

        assertThatThrownBy(() -> history.call(connection -> {
                    try (Statement statement = connection.createStatement()) {
                        return statement.execute("select missing from understudy_history");
                    }
                }))
                .hasMessageContaining("cannot be read: Column \"MISSING\" not found")
                .hasMessageNotContaining("understudy_history");
        history.close();
    }

    @Test
    void storesWhatWaitsInTheDatabaseOfANewConfigurationWhileTheFormerOneHangs() {
        HangingDatabase hanging = new HangingDatabase(folder.resolve("a"), scheduler);
        StoredHistory history = new StoredHistory(
                HistoryPolicy.defaults(),
                policy -> policy.directory().isEmpty()
                        ? hanging
                        : new EmbeddedDatabase(Path.of(policy.directory().get()), scheduler),
                "server-a",
                scheduler);
        pass(HistoryWriter.PACE);
        history.put(row(1));

        history.use(new HistoryPolicy(Optional.of(folder.resolve("b").toString()), Optional.empty(), 365, 1000));
        pass(HistoryWriter.PACE);

        await("the row").until(() -> find(history).entries().size() == 1);
        assertThat(history.findings()).isEmpty();
        hanging.release();
        history.close();
    }

    @Test
    void writesWhatWaitsWhenItIsClosed() {
        StoredHistory history = history(new EmbeddedDatabase(folder, scheduler));
        history.put(row(1));
        history.close();

        StoredHistory next = history(new EmbeddedDatabase(folder, scheduler));
        pass(HistoryWriter.PACE);
        await("the row").until(() -> find(next).entries().size() == 1);
        next.close();
    }

    @Test
    void dropsARowThatTheStoreRefusesAndStoresTheOthers() {
        StoredHistory history = history(new EmbeddedDatabase(folder, scheduler));
        HistoryRow large = row(2);
        history.put(row(1));
        history.put(new HistoryRow(
                large.id(),
                large.server(),
                large.kind(),
                large.time(),
                large.ended(),
                large.uuid(),
                large.vm(),
                large.host(),
                large.otherHost(),
                large.user(),
                large.outcome(),
                "x".repeat(1_000_001)));
        history.put(row(3));
        pass(HistoryWriter.PACE);

        await("the other rows").until(() -> find(history).entries().size() == 2);
        await("the finding").until(() -> history.findings().size() == 1);
        assertThat(history.findings().get(0).message()).contains("history lost: 1,");
        history.close();
    }
}
