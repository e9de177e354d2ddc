// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Migrates many VMs, one after the other within the limit {@link Policy#migrationsAtOnce} of each host. An OSGi service; safe for use
 * from any thread.
 *
 * <p>What waits is kept in memory only: a restart of the server ends it. Migrations that have started are in the journal and
 * complete by themselves.
 */
@ProviderType
public interface BulkMigrations {
    /** The largest number of VMs of one call. */
    int LARGEST = 1000;

    /**
     * Queues the migrations of several VMs. Blocks as {@link VirtualMachines#list} does, not for the migrations.
     *
     * @param vms the VMs, in the order in which they start
     * @param destination the host for all of them; empty: for each VM the host with the most free VFs when its migration starts
     * @param options how they are migrated
     * @return the queued migrations
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} without a VM, or with more than {@link #LARGEST}; {@link
     *     ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#VM_AMBIGUOUS}, {@link ErrorCode#HOST_NOT_FOUND}, {@link
     *     ErrorCode#MIGRATION_IN_PROGRESS} for a VM that already waits; then nothing is queued
     */
    BulkMigration start(List<VmAddress> vms, Optional<HostName> destination, MigrationOptions options);

    /**
     * Removes what waits and cancels what runs; does not block. A running migration rolls back as {@link Migrations#cancel}
     * describes.
     *
     * @param id of the bulk migration
     * @return its status at the time of the request
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    BulkMigration cancel(String id);

    /**
     * Does the same for one of its VMs.
     *
     * @param id of the bulk migration
     * @param vm the VM
     * @return its status at the time of the request
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}, {@link ErrorCode#VM_NOT_FOUND}
     */
    BulkMigration cancel(String id, VmAddress vm);

    /**
     * {@return the current status; does not block}
     *
     * @param id of the bulk migration
     * @throws UnderstudyException {@link ErrorCode#MIGRATION_NOT_FOUND}
     */
    BulkMigration show(String id);

    /** {@return running and the last 100 ended ones since the start of the server, newest first} */
    List<BulkMigration> list();

    /**
     * Delivers each change. A slow listener misses intermediate changes but always receives the last.
     *
     * @param listener receives the status after each change
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<BulkMigration> listener);
}
