// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Migrates VMs. An OSGi service; safe for use from any thread. */
@ProviderType
public interface Migrations {
    /**
     * Runs the preflight only and changes nothing. Blocks for the answers of both hosts.
     *
     * @param vm the VM
     * @param destination the host it would go to
     * @param options how it would be migrated
     * @return the findings; a migration is refused if one of them is an ERROR
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#HOST_NOT_FOUND}
     */
    List<Finding> preflight(VmAddress vm, HostName destination, MigrationOptions options);

    /**
     * Starts a migration and returns its initial status; the steps run in the background.
     *
     * @param vm the VM
     * @param destination the host it goes to
     * @param options how it is migrated
     * @return the status at the start
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#HOST_NOT_FOUND}, {@link
     *     ErrorCode#MIGRATION_IN_PROGRESS}
     */
    Migration start(VmAddress vm, HostName destination, MigrationOptions options);

    /**
     * Requests a rollback; does not block. Has no effect once the guest runs on the destination: the migration completes.
     *
     * @param id the migration
     * @return the status at the time of the request
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration cancel(MigrationId id);

    /**
     * Reads one migration; does not block.
     *
     * @param id the migration
     * @return its current status
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration show(MigrationId id);

    /** {@return why no migration can start on this server, or a warning of low space for its journal} The default is empty. */
    default List<Finding> findings() {
        return List.of();
    }

    /** {@return running and ended migrations, newest first} */
    List<Migration> list();

    /**
     * Blocks until the migration has ended or the time is up.
     *
     * @param id the migration
     * @param limit how long to wait at most
     * @return its status at that time
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    Migration await(MigrationId id, Duration limit);

    /**
     * Delivers each change. A slow listener delays nothing; it misses intermediate changes but always receives the last.
     *
     * @param listener receives the status after each change
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<Migration> listener);
}
