// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.AuditEntry;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.PastFinding;
import org.understudy.api.VmName;
import org.understudy.json.RecordMappers;

/**
 * Converts records to rows and back.
 *
 * @param server the id of this server
 */
record RowFormat(String server) {
    private static final Logger LOG = LoggerFactory.getLogger(RowFormat.class);
    private static final ObjectWriter JSON = RecordMappers.STORED.writer().without(SerializationFeature.INDENT_OUTPUT);

    HistoryRow of(Migration migration) {
        return new HistoryRow(
                migration.id().value(),
                server,
                HistoryKind.MIGRATION,
                migration.started(),
                migration.ended(),
                migration.uuid(),
                migration.vm().value(),
                migration.source().value(),
                migration.destination().value(),
                "",
                migration.outcome().map(RowFormat::text).orElse("running"),
                document(migration));
    }

    HistoryRow of(AuditEntry action) {
        return new HistoryRow(
                action.id().toString(),
                server,
                HistoryKind.ACTION,
                action.time(),
                Optional.of(action.time()),
                action.uuid(),
                action.uuid().isPresent() ? action.object() : "",
                action.host().map(HostName::value).orElse(""),
                "",
                action.user(),
                text(action.result()),
                document(action));
    }

    HistoryRow of(String id, PastFinding finding) {
        return new HistoryRow(
                id,
                server,
                HistoryKind.FINDING,
                finding.appeared(),
                finding.ended(),
                finding.uuid(),
                finding.vm().map(VmName::value).orElse(""),
                finding.host().map(HostName::value).orElse(""),
                "",
                "",
                finding.ended().isPresent() ? "ended" : "open",
                document(finding));
    }

    static String text(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String document(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(value.getClass() + " cannot be written as JSON", e);
        }
    }

    /** Empty, and logged, if a newer server has written values that this one does not know. */
    static Optional<HistoryEntry> entry(HistoryRow row) {
        try {
            return Optional.of(
                    switch (row.kind()) {
                        case MIGRATION ->
                            entry(row, Optional.of(read(row, Migration.class)), Optional.empty(), Optional.empty());
                        case ACTION ->
                            entry(row, Optional.empty(), Optional.of(read(row, AuditEntry.class)), Optional.empty());
                        case FINDING ->
                            entry(row, Optional.empty(), Optional.empty(), Optional.of(finding(row, row.ended())));
                    });
        } catch (JsonProcessingException e) {
            LOG.warn("History entry {}: cannot be read, omitted: {}", row.id(), e.getOriginalMessage());
            return Optional.empty();
        }
    }

    private static HistoryEntry entry(
            HistoryRow row, Optional<Migration> migration, Optional<AuditEntry> action, Optional<PastFinding> finding) {
        return new HistoryEntry(row.id(), row.server(), row.kind(), row.time(), migration, action, finding);
    }

    /** The end that a later start of the server has determined is only in the column. */
    private static PastFinding finding(HistoryRow row, Optional<Instant> ended) throws JsonProcessingException {
        return read(row, PastFinding.class).until(ended);
    }

    private static <T> T read(HistoryRow row, Class<T> type) throws JsonProcessingException {
        return RecordMappers.STORED.readValue(row.document(), type);
    }
}
