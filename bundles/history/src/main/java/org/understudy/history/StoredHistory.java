// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.HistoryQuery;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.PendingAnswer;
import org.understudy.concurrent.Scheduler;

/** The history in the database of the configuration. Safe for use from any thread. */
final class StoredHistory implements History {
    private static final int MAX_WAITING = 10_000;
    static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(StoredHistory.class);
    private static final long MAX_CHARACTERS = 1 << 25;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);
    /** Former databases may hang. */
    private static final int WRITERS = 4;

    private static final int READERS = 4;
    private static final int WAITING_READERS = 16;

    private final Function<HistoryPolicy, Database> databases;
    private final Scheduler scheduler;
    private final WriteBuffer buffer;
    private final ExecutorService writers;
    private final ExecutorService readers;
    private final HistoryWriter.Context context;
    private volatile Retention retention;
    private volatile HistoryWriter writer;

    /** @param server the id of this server */
    StoredHistory(
            HistoryPolicy policy, Function<HistoryPolicy, Database> databases, String server, Scheduler scheduler) {
        this(policy, databases, server, scheduler, MAX_WAITING);
    }

    StoredHistory(
            HistoryPolicy policy,
            Function<HistoryPolicy, Database> databases,
            String server,
            Scheduler scheduler,
            int maxWaiting) {
        this.databases = databases;
        this.scheduler = scheduler;
        buffer = new WriteBuffer(maxWaiting, MAX_CHARACTERS, scheduler::instant);
        writers = scheduler.pool("understudy-history", WRITERS, WRITERS);
        readers = scheduler.pool("understudy-history-query", READERS, WAITING_READERS);
        Instant started = scheduler.instant();
        context = new HistoryWriter.Context(
                buffer,
                new BatchWriter(buffer),
                () -> retention,
                SchemaUpgrade.shipped(),
                server,
                started,
                scheduler,
                writers);
        retention = Retention.of(policy);
        writer = new HistoryWriter(databases.apply(policy), context);
    }

    /** Uses another configuration, without blocking: rows that wait are stored in its database. */
    synchronized void use(HistoryPolicy policy) {
        retention = Retention.of(policy);
        Database database = databases.apply(policy);
        HistoryWriter before = writer;
        if (!database.equals(before.database())) {
            before.close();
            writer = new HistoryWriter(database, context);
        }
    }

    /** Stores a row later; never blocks. */
    void put(HistoryRow row) {
        buffer.put(row);
        writer.wake();
    }

    @Override
    public HistoryPage find(HistoryQuery query) {
        Selection selection = Selection.of(query);
        List<HistoryRow> rows = call(connection -> HistoryTable.read(connection, selection));
        boolean more = rows.size() > query.limit();
        List<HistoryRow> page = more ? rows.subList(0, query.limit()) : rows;
        return new HistoryPage(
                page.stream().flatMap(row -> RowFormat.entry(row).stream()).toList(),
                more ? Optional.of(Cursor.of(query, page.get(page.size() - 1))) : Optional.empty());
    }

    @Override
    public Optional<HistoryEntry> find(String id) {
        return call(connection -> HistoryTable.read(connection, Selection.of(id))).stream()
                .findFirst()
                .flatMap(RowFormat::entry);
    }

    /** Blocks for 10 s at most. */
    <T> T call(HistoryStore.Call<T> query) {
        HistoryWriter now = writer;
        HistoryStore store = now.store().orElseThrow(() -> unavailable(now, "is not open"));
        Deadline deadline = Deadline.in(scheduler, LIMIT);
        PendingAnswer<T> answer =
                PendingAnswer.of(readers, "Query of the history", () -> read(now, store, query), () -> {});
        try {
            if (!answer.await(deadline)) {
                answer.abandon(late -> {});
                throw unavailable(now, "has not answered within %d s".formatted(LIMIT.toSeconds()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "The query of the history was interrupted", e);
        }
        return answer.get();
    }

    private static <T> T read(HistoryWriter writer, HistoryStore store, HistoryStore.Call<T> query) {
        try {
            return store.with(query);
        } catch (SQLException e) {
            writer.report(e);
            throw new UnderstudyException(
                    ErrorCode.HISTORY_UNAVAILABLE,
                    "History in " + writer.database().subject() + " cannot be read: " + FailureText.of(e),
                    e);
        }
    }

    private static UnderstudyException unavailable(HistoryWriter writer, String problem) {
        return new UnderstudyException(
                ErrorCode.HISTORY_UNAVAILABLE,
                writer.finding()
                        .map(Finding::message)
                        .orElseGet(() -> "History in " + writer.database().subject() + " " + problem));
    }

    @Override
    public List<Finding> findings() {
        HistoryWriter now = writer;
        List<Finding> findings = new ArrayList<>();
        now.finding().ifPresent(findings::add);
        WriteBuffer.Loss loss = buffer.loss();
        loss.last().ifPresent(last -> findings.add(lost(loss.rows(), last)));
        findings.addAll(now.database().findings());
        return List.copyOf(findings);
    }

    private static Finding lost(long rows, Instant last) {
        return Finding.of(
                FindingCode.HISTORY_INCOMPLETE,
                "history",
                "Entries that the history lost: %d, the last at %s; they could not be stored".formatted(rows, last),
                "See the log for the cause; restart the server to end this finding.");
    }

    /** Stores what waits, for 3 s at most. */
    void close() {
        HistoryWriter last = writer;
        last.close();
        try {
            if (!last.awaitClosed(CLOSE_LIMIT)) {
                LOG.warn(
                        "History in {}: does not answer, so that it is not closed",
                        last.database().subject());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (buffer.size() > 0) {
            LOG.warn("History in {}: {} entries are not stored", last.database().subject(), buffer.size());
        }
        // An interrupt would make H2 close its file.
        writers.shutdown();
        readers.shutdown();
    }
}
