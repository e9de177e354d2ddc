// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.Scheduler;

/**
 * Writes the waiting rows to one database, by one thread at a time, and opens it again after a failure. A thread that hangs in the
 * database delays this writer alone. Safe for use from any thread.
 */
final class HistoryWriter {
    static final Duration PACE = Duration.ofSeconds(1);
    static final Duration MAINTENANCE = Duration.ofMinutes(10);
    static final Duration HANGS = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(HistoryWriter.class);
    private static final Backoff RETRIES = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(64));

    private final Database database;
    private final Context context;
    private Subscription timer = () -> {};
    private Phase phase = Phase.IDLE;
    private long since;
    private long maintained;
    private Failure failure = Failure.NONE;
    private Optional<Exception> reported = Optional.empty();
    private boolean closing;
    private volatile Optional<HistoryStore> store = Optional.empty();

    /**
     * What the writers of all databases share.
     *
     * @param server the id of this server
     * @param started before the first row of this run of the server
     */
    record Context(
            WriteBuffer buffer,
            BatchWriter batches,
            Supplier<Retention> retention,
            SchemaUpgrade schema,
            String server,
            Instant started,
            Scheduler scheduler,
            ExecutorService threads) {}

    private enum Phase {
        IDLE,
        /** The timer starts the next attempt. */
        WAITING,
        RUNNING,
        ENDED
    }

    private record Failure(int times, Optional<String> cause) {
        static final Failure NONE = new Failure(0, Optional.empty());
    }

    HistoryWriter(Database database, Context context) {
        this.database = database;
        this.context = context;
        startAfter(Duration.ZERO);
        context.scheduler().after(MAINTENANCE, this::maintain);
    }

    Database database() {
        return database;
    }

    /** The open database; empty while it cannot be used. */
    Optional<HistoryStore> store() {
        return store;
    }

    /** There are rows to write. */
    synchronized void wake() {
        if (phase == Phase.IDLE) {
            startAfter(PACE);
        }
    }

    /** A query failed; if the data is damaged, it is moved aside. */
    synchronized void report(Exception failed) {
        if (database.isCorrupt(failed) && phase != Phase.ENDED) {
            reported = Optional.of(failed);
            wake();
        }
    }

    private synchronized void maintain() {
        if (phase != Phase.ENDED) {
            wake();
            context.scheduler().after(MAINTENANCE, this::maintain);
        }
    }

    private synchronized void startAfter(Duration delay) {
        phase = Phase.WAITING;
        timer = context.scheduler().after(delay, this::start);
    }

    private void start() {
        synchronized (this) {
            if (phase != Phase.WAITING) {
                return;
            }
            phase = Phase.RUNNING;
            since = context.scheduler().nanos();
        }
        try {
            context.threads().execute(this::run);
        } catch (RejectedExecutionException e) {
            LOG.debug("History in {}: the server is stopping", database.subject(), e);
            synchronized (this) {
                phase = Phase.ENDED;
            }
        }
    }

    private void run() {
        Failure result;
        try {
            use(open());
            result = Failure.NONE;
        } catch (Exception | Error e) {
            result = failed(e);
        }
        synchronized (this) {
            if (result.equals(Failure.NONE) && !failure.equals(Failure.NONE)) {
                LOG.info("History in {}: available again", database.subject());
            }
            failure = result;
            phase = Phase.IDLE;
            if (!closing) {
                next();
                return;
            }
        }
        close(result.equals(Failure.NONE));
        synchronized (this) {
            phase = Phase.ENDED;
            notifyAll();
        }
    }

    private void next() {
        if (failure.times() > 0) {
            startAfter(RETRIES.pause(failure.times()));
        } else if (context.buffer().size() > 0 || reported.isPresent()) {
            startAfter(PACE);
        }
    }

    private HistoryStore open() throws Exception {
        Optional<Exception> damage;
        synchronized (this) {
            damage = reported;
            reported = Optional.empty();
        }
        if (damage.isPresent()) {
            throw damage.get();
        }
        if (store.isEmpty()) {
            HistoryStore opened = HistoryStore.open(database, context.schema());
            store = Optional.of(opened);
            opened.with(connection -> {
                HistoryTable.endFindings(connection, context.server(), context.started());
                return true;
            });
        }
        return store.orElseThrow();
    }

    private void use(HistoryStore open) throws SQLException {
        context.batches().write(open);
        long now = context.scheduler().nanos();
        if (maintained == 0 || now - maintained >= MAINTENANCE.toNanos()) {
            Retention retention = context.retention().get();
            boolean more = open.with(c -> retention.apply(c, context.scheduler().instant()));
            maintained = more ? maintained : Math.max(1, now);
        }
    }

    private Failure failed(Throwable e) {
        close(false);
        Failure before;
        synchronized (this) {
            before = failure;
        }
        String cause = FailureText.of(e);
        if (!before.cause().equals(Optional.of(cause))) {
            LOG.warn("History in {}: cannot be used, retrying: {}", database.subject(), cause);
            LOG.debug("History in {}", database.subject(), e);
        }
        if (e instanceof Exception damage && database.isCorrupt(damage)) {
            try {
                database.moveAside();
            } catch (IOException moved) {
                cause = cause + "; it cannot be moved aside: " + moved;
            }
        }
        return new Failure(before.times() + 1, Optional.of(cause));
    }

    private void close(boolean healthy) {
        Optional<HistoryStore> open = store;
        store = Optional.empty();
        open.ifPresent(s -> s.close(healthy));
    }

    /** Why rows are not stored. */
    synchronized Optional<Finding> finding() {
        long running = phase == Phase.RUNNING ? context.scheduler().nanos() - since : 0;
        if (running >= HANGS.toNanos()) {
            return Optional.of(unavailable("has not answered for %d s"
                    .formatted(Duration.ofNanos(running).toSeconds())));
        }
        return failure.cause().map(cause -> unavailable("cannot be used: " + cause));
    }

    private Finding unavailable(String problem) {
        return Finding.of(
                FindingCode.HISTORY_UNAVAILABLE,
                "history",
                "History in %s %s; entries that wait in memory: %d"
                        .formatted(database.subject(), problem, context.buffer().size()),
                "Correct the cause, or change the key 'history' in etc/understudy.yaml; the entries are stored then.");
    }

    /** Writes what waits and closes the database, on another thread. */
    void close() {
        synchronized (this) {
            closing = true;
            timer.close();
            if (phase == Phase.RUNNING || phase == Phase.ENDED) {
                return;
            }
            phase = Phase.WAITING;
        }
        start();
    }

    /** Blocks; false if it is not closed in time, because the database hangs. */
    synchronized boolean awaitClosed(Duration limit) throws InterruptedException {
        Deadline deadline = Deadline.in(context.scheduler(), limit);
        while (phase != Phase.ENDED && !deadline.isOver()) {
            deadline.await(this);
        }
        return phase == Phase.ENDED;
    }
}
