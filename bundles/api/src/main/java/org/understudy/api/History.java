// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The migrations, actions and findings of the past, which survive restarts. An OSGi service; safe for use from any thread. An
 * entry is stored within seconds after the event, or once a store that is unavailable answers again.
 */
@ProviderType
public interface History {
    /**
     * Reads a page of entries. Blocks for the store, 10 s at most.
     *
     * @param query which entries, and their order
     * @return the entries, with the cursor of the next page
     * @throws UnderstudyException {@link ErrorCode#HISTORY_UNAVAILABLE}; {@link ErrorCode#INVALID_ARGUMENT} for a cursor of
     *     another query
     */
    HistoryPage find(HistoryQuery query);

    /**
     * Reads one entry. Blocks for the store, 10 s at most.
     *
     * @param id the id of the entry, such as that of a migration
     * @return the entry; empty if it is unknown or no longer kept
     * @throws UnderstudyException {@link ErrorCode#HISTORY_UNAVAILABLE}
     */
    Optional<HistoryEntry> find(String id);

    /** {@return why entries are not stored, or which ones are lost; empty if the history is complete} Does not block. */
    List<Finding> findings();
}
