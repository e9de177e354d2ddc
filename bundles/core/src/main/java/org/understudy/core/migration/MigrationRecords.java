// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.understudy.api.ErrorCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.EventBroadcaster;
import org.understudy.concurrent.Scheduler;

/** Keeps the running and the last 100 ended migrations for clients. Safe for use from any thread. */
final class MigrationRecords implements AutoCloseable {
    private static final int ENDED_KEPT = 100;

    private final Scheduler scheduler;
    private final Map<MigrationId, Migration> records = new LinkedHashMap<>();
    private final EventBroadcaster<MigrationId, Migration> broadcaster =
            new EventBroadcaster<>("understudy-migrations", (a, b) -> b);

    MigrationRecords(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    synchronized void publish(Migration now) {
        records.put(now.id(), now);
        if (!now.isRunning()) {
            trim();
        }
        broadcaster.send(now.id(), now);
        notifyAll();
    }

    private void trim() {
        List<MigrationId> ended = records.values().stream()
                .filter(m -> !m.isRunning())
                .map(Migration::id)
                .toList();
        ended.stream().limit(Math.max(0, ended.size() - ENDED_KEPT)).forEach(records::remove);
    }

    /** @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND} */
    synchronized Migration show(MigrationId id) {
        Migration now = records.get(id);
        if (now == null) {
            throw new UnderstudyException(ErrorCode.MIGRATION_NOT_FOUND, "Migration " + id + " is unknown");
        }
        return now;
    }

    /** Newest first. */
    synchronized List<Migration> list() {
        List<Migration> all = new ArrayList<>(records.values());
        Collections.reverse(all);
        return all;
    }

    synchronized Migration await(MigrationId id, Duration limit) {
        Deadline deadline = Deadline.in(scheduler, limit);
        try {
            while (show(id).isRunning() && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return show(id);
    }

    Subscription listen(Consumer<Migration> listener) {
        return broadcaster.add(listener);
    }

    @Override
    public void close() {
        broadcaster.close();
    }
}
