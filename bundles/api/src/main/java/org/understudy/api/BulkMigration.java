// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The status of the migrations of one call of {@link BulkMigrations#start}; immutable.
 *
 * @param id such as {@code b-20261101-101500-1}; valid until the server stops
 * @param revision increases with each change
 * @param created when it was requested, by this server's clock
 * @param ended when the last of its migrations ended; empty until then
 * @param entries one for each VM, in the order of the request
 */
public record BulkMigration(String id, long revision, Instant created, Optional<Instant> ended, List<Entry> entries) {
    /** {@return true until the last of its migrations has ended} */
    public boolean isRunning() {
        return ended.isEmpty();
    }

    /**
     * {@return the number of VMs in a state}
     *
     * @param state the state
     */
    public long count(State state) {
        return entries.stream().filter(entry -> entry.state() == state).count();
    }

    /**
     * The migration of one VM.
     *
     * @param vm the VM
     * @param uuid its UUID
     * @param source the host that had it at the request
     * @param destination where it goes to; empty until that is decided
     * @param state how far it is
     * @param migration its migration, once it has started
     * @param progress memory copied, 0 to 100; empty before the copy
     * @param outcome of its migration, once it has ended
     * @param reason why it waits, was refused, or failed; empty if there is nothing to add
     */
    public record Entry(
            VmName vm,
            UUID uuid,
            HostName source,
            Optional<HostName> destination,
            State state,
            Optional<MigrationId> migration,
            Optional<Integer> progress,
            Optional<Outcome> outcome,
            String reason) {}

    /** How far the migration of one VM is. */
    public enum State {
        /** It waits until both hosts have fewer migrations than their limit. */
        WAITING,
        /** Its migration runs. */
        RUNNING,
        /** Its migration has ended, with an outcome. */
        ENDED,
        /** Its migration could not start. */
        REFUSED,
        /** It was cancelled while it waited. */
        CANCELLED
    }
}
