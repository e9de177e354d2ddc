// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.concurrent.Backoff;
import org.understudy.core.migration.context.MigrationServices;

/**
 * Writes the ends of migrations to the journal. One that cannot be written is retried until it can: otherwise the next start of
 * this server would decide once more about a migration that has ended. Safe for use from any thread.
 */
final class JournalEnds implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JournalEnds.class);
    private static final Backoff RETRIES = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(64));

    private final MigrationServices services;
    private final Map<MigrationId, Migration> unwritten = new LinkedHashMap<>();
    private boolean closed;

    JournalEnds(MigrationServices services) {
        this.services = services;
    }

    /** Returns once it is on disk, or the first attempt has failed. */
    void write(Migration ended) {
        synchronized (this) {
            unwritten.put(ended.id(), ended);
        }
        attempt(ended, 1);
    }

    private void attempt(Migration ended, int attempts) {
        try {
            services.journal().ended(ended);
            synchronized (this) {
                unwritten.remove(ended.id());
            }
        } catch (RuntimeException | Error e) {
            LOG.error("Migration {}: ended, but the journal could not be written, retrying", ended.id(), e);
            retry(ended, attempts);
        }
    }

    private synchronized void retry(Migration ended, int attempts) {
        if (!closed) {
            services.scheduler()
                    .after(
                            RETRIES.pause(attempts),
                            () -> services.threads().execute(() -> attempt(ended, attempts + 1)));
        }
    }

    /** Attempts once more to write what is not written. */
    @Override
    public void close() {
        List<Migration> left;
        synchronized (this) {
            closed = true;
            left = new ArrayList<>(unwritten.values());
        }
        left.forEach(ended -> attempt(ended, 1));
    }
}
