// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.HistoryKind;

/**
 * One row of the table: what queries select and sort by, and the whole record as JSON.
 *
 * @param id unique among all servers
 * @param server the server that recorded it
 * @param time to the microsecond, as databases store it
 * @param otherHost the destination of a migration
 */
record HistoryRow(
        String id,
        String server,
        HistoryKind kind,
        Instant time,
        Optional<Instant> ended,
        Optional<UUID> uuid,
        String vm,
        String host,
        String otherHost,
        String user,
        String outcome,
        String document) {
    private static final int LONGEST_COLUMN = 255;

    HistoryRow {
        time = time.truncatedTo(ChronoUnit.MICROS);
        ended = ended.map(t -> t.truncatedTo(ChronoUnit.MICROS));
        id = column(id);
        vm = column(vm);
        host = column(host);
        otherHost = column(otherHost);
        user = column(user);
        document = storable(document);
    }

    /** A text as it is stored in a column, and compared by queries. */
    static String column(String text) {
        return storable(text.length() <= LONGEST_COLUMN ? text : text.substring(0, LONGEST_COLUMN));
    }

    /** PostgreSQL refuses the character NUL and half a surrogate pair, which users may send as their name. */
    private static String storable(String text) {
        return new String(text.replace('\0', '?').getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** A time as the drivers take it. */
    static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    /** The characters that it takes, about. */
    int size() {
        return document.length() + LONGEST_COLUMN;
    }
}
