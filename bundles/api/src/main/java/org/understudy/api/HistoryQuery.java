// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Selects entries of the {@link History}. An entry has to match all conditions that are present.
 *
 * @param kinds the kinds of entries; empty: all
 * @param uuid the UUID of the VM
 * @param host the host; for a migration its source or destination
 * @param user the user of an action
 * @param outcomes how it ended, any of these; empty: all. {@code running} or the {@link Outcome} of a migration, the {@link
 *     AuditEntry.Result} of an action, {@code open}, {@code ended} or {@code unknown} for a finding; in lower case with hyphens
 * @param since the earliest time, inclusive
 * @param until the latest time, exclusive
 * @param sort the order of the entries; equal ones are in the order of time
 * @param ascending false: the newest or last first
 * @param limit entries of a page, 1 to 1000
 * @param cursor {@link HistoryPage#next} of the page before; the other values have to be the same, except the limit
 */
public record HistoryQuery(
        Set<HistoryKind> kinds,
        Optional<UUID> uuid,
        Optional<HostName> host,
        Optional<String> user,
        Set<String> outcomes,
        Optional<Instant> since,
        Optional<Instant> until,
        Sort sort,
        boolean ascending,
        int limit,
        Optional<String> cursor) {
    private static final int LARGEST_PAGE = 1000;

    /** The orders of entries. */
    public enum Sort {
        /** By {@link HistoryEntry#time}. */
        TIME,
        /** By the name of the VM. */
        VM,
        /** By the host; migrations by their source. */
        HOST,
        /** By the user of an action. */
        USER,
        /** By the outcome. */
        OUTCOME
    }

    /**
     * Checks the limit.
     *
     * @param kinds the kinds of entries; empty: all
     * @param uuid the UUID of the VM
     * @param host the host
     * @param user the user of an action
     * @param outcomes how it ended
     * @param since the earliest time, inclusive
     * @param until the latest time, exclusive
     * @param sort the order of the entries
     * @param ascending false: the newest or last first
     * @param limit entries of a page, 1 to 1000
     * @param cursor of the page
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the limit is out of range
     */
    public HistoryQuery {
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "Limit " + limit + " is not a number from 1 to " + LARGEST_PAGE);
        }
    }

    /**
     * {@return a query for the newest entries of some kinds}
     *
     * @param kinds the kinds of entries; empty: all
     * @param limit entries of a page, 1 to 1000
     */
    public static HistoryQuery newest(Set<HistoryKind> kinds, int limit) {
        return new HistoryQuery(
                kinds,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Sort.TIME,
                false,
                limit,
                Optional.empty());
    }

    /**
     * {@return the same query for the entries of one VM}
     *
     * @param vm the UUID of the VM
     */
    public HistoryQuery ofVm(UUID vm) {
        return new HistoryQuery(
                kinds, Optional.of(vm), host, user, outcomes, since, until, sort, ascending, limit, cursor);
    }

    /**
     * {@return the same query for another page}
     *
     * @param next {@link HistoryPage#next} of the page before
     */
    public HistoryQuery from(String next) {
        return new HistoryQuery(
                kinds, uuid, host, user, outcomes, since, until, sort, ascending, limit, Optional.of(next));
    }
}
