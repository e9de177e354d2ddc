// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.Optional;

/**
 * One entry of the {@link History}: a migration, an action or a finding.
 *
 * @param id unique among all servers; for a migration that of the migration
 * @param server the id of the server that recorded it, as in the VF leases of that server
 * @param kind which of the next three is present
 * @param time when the migration began, the action ended or the finding appeared
 * @param migration the migration, as last recorded
 * @param action the action
 * @param finding the finding
 */
public record HistoryEntry(
        String id,
        String server,
        HistoryKind kind,
        Instant time,
        Optional<Migration> migration,
        Optional<AuditEntry> action,
        Optional<PastFinding> finding) {}
