// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Moves VMs. An OSGi service; safe for use from any thread. */
@ProviderType
public interface Migrations {
    /**
     * Step 1 alone: reads, changes nothing. Blocks for the answers of both hosts.
     *
     * @param vm the VM
     * @param destination the host it would go to
     * @param options how it would be moved
     * @return what was found; a migration is refused if one of them is an ERROR
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#HOST_NOT_FOUND}
     */
    List<Finding> preflight(VmName vm, HostName destination, MigrationOptions options);

    /**
     * Starts a migration and returns its first picture; the steps run in the background.
     *
     * @param vm the VM
     * @param destination the host it goes to
     * @param options how it is moved
     * @return the state at the start
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#HOST_NOT_FOUND}, {@link
     *     ErrorCode#MIGRATION_IN_PROGRESS}
     */
    Migration start(VmName vm, HostName destination, MigrationOptions options);

    /**
     * Requests a rollback; returns at once. Once the guest runs on the destination it is too late for that, and the
     * migration goes on to its end.
     *
     * @param id the migration
     * @return the state at the time of the request
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration cancel(MigrationId id);

    /**
     * Reads one migration; does not block.
     *
     * @param id the migration
     * @return its state now
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration show(MigrationId id);

    /** {@return running and ended migrations, newest first} */
    List<Migration> list();

    /**
     * Blocks until the migration has ended or the time is up.
     *
     * @param id the migration
     * @param limit how long to wait at most
     * @return its state at that moment
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration await(MigrationId id, Duration limit);

    /**
     * Delivers each change on a thread of its own for this listener; one that is slow misses pictures in between but
     * always gets the last, and slows nothing.
     *
     * @param listener gets the state after each change
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<Migration> listener);
}
