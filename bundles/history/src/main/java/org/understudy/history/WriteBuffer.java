// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The rows that are not stored yet, oldest first, at most one for each id. When it is full, the oldest are dropped and counted.
 * Safe for use from any thread; never blocks.
 */
final class WriteBuffer {
    private final int maxRows;
    private final long maxCharacters;
    private final Supplier<Instant> clock;
    private final Map<String, HistoryRow> rows = new LinkedHashMap<>();
    private long characters;
    private Loss loss = new Loss(0, Optional.empty());

    /**
     * What was dropped since this server started.
     *
     * @param last when a row was dropped last
     */
    record Loss(long rows, Optional<Instant> last) {}

    WriteBuffer(int maxRows, long maxCharacters, Supplier<Instant> clock) {
        this.maxRows = maxRows;
        this.maxCharacters = maxCharacters;
        this.clock = clock;
    }

    /** Replaces a waiting row of the same id, in its place. */
    synchronized void put(HistoryRow row) {
        HistoryRow before = rows.put(row.id(), row);
        characters += row.size() - (before == null ? 0 : before.size());
        Iterator<HistoryRow> oldest = rows.values().iterator();
        while (rows.size() > maxRows || characters > maxCharacters) {
            characters -= oldest.next().size();
            oldest.remove();
            countLoss();
        }
    }

    /** The oldest rows, which stay until {@link #remove}. */
    synchronized List<HistoryRow> oldest(int most) {
        return rows.values().stream().limit(most).toList();
    }

    /** Removes rows that are stored, unless a newer one of the same id has replaced them. */
    synchronized void remove(List<HistoryRow> stored) {
        stored.forEach(this::remove);
    }

    private boolean remove(HistoryRow row) {
        // The record compares whole documents, which is not needed.
        boolean present = rows.get(row.id()) == row;
        if (present) {
            rows.remove(row.id());
            characters -= row.size();
        }
        return present;
    }

    /** Drops a row that the store refuses. */
    synchronized void drop(HistoryRow refused) {
        if (remove(refused)) {
            countLoss();
        }
    }

    private void countLoss() {
        loss = new Loss(loss.rows() + 1, Optional.of(clock.get()));
    }

    synchronized int size() {
        return rows.size();
    }

    synchronized Loss loss() {
        return loss;
    }
}
