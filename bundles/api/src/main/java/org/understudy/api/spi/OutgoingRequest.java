// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;

/**
 * What a source has to send.
 *
 * @param id the migration
 * @param vm the VM
 * @param uri where to send, see {@link IncomingMigration#uri}
 * @param options how it is moved
 * @param liveDefinition what the destination was asked to receive; for a source that hands it over itself
 * @param configuredDefinition what is to be stored there after the switch; likewise
 */
public record OutgoingRequest(
        MigrationId id,
        VmName vm,
        String uri,
        MigrationOptions options,
        String liveDefinition,
        String configuredDefinition) {}
