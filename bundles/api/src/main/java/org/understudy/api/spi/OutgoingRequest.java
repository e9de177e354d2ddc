// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;

/**
 * A request to send a VM.
 *
 * @param id the migration
 * @param vm the VM
 * @param uri the destination, see {@link IncomingMigration#uri}
 * @param options how it is migrated
 * @param liveDefinition the live definition for the destination, for a source that transfers it itself
 * @param configuredDefinition the definition to store on the destination after the switchover; likewise
 */
public record OutgoingRequest(
        MigrationId id,
        VmName vm,
        String uri,
        MigrationOptions options,
        String liveDefinition,
        String configuredDefinition) {}
