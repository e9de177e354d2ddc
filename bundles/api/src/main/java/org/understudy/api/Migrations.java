// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Moves VMs. An OSGi service; safe for use from any thread. */
public interface Migrations {
    /** Step 1 alone: reads, changes nothing. Blocks for the answers of both hosts. */
    List<Finding> preflight(VmName vm, HostName destination, MigrationOptions options);

    /**
     * Starts a migration and returns its first picture; the steps run in the background.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#HOST_NOT_FOUND},
     *     {@link ErrorCode#MIGRATION_IN_PROGRESS}
     */
    Migration start(VmName vm, HostName destination, MigrationOptions options);

    /**
     * Asks for the way back; returns at once. Once the guest runs on the destination there is no way back, and the
     * migration goes on to its end.
     *
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration cancel(MigrationId id);

    /** @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND} */
    Migration show(MigrationId id);

    /** Running and ended ones, newest first. */
    List<Migration> list();

    /**
     * Blocks until it has ended or the time is up, and returns the picture of that moment.
     *
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration await(MigrationId id, Duration limit);

    /**
     * Delivers each change on a thread of its own for this listener; one that is slow misses pictures in between but
     * always gets the last, and slows nothing.
     */
    Subscription listen(Consumer<Migration> listener);
}
