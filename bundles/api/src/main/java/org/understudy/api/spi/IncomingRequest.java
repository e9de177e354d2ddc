// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Map;
import org.understudy.api.Alias;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.PciAddress;
import org.understudy.api.VmName;

/**
 * A request to prepare a destination.
 *
 * @param id the migration
 * @param vm the VM
 * @param liveDefinition the live definition of the source, adjusted for this host, with the {@linkplain
 *     org.understudy.api.xml.MigrationMark mark} of the migration
 * @param configuredDefinition the definition to store on this host after the switchover
 * @param options how it is migrated
 * @param assignedVfs the VF leased here for each primary
 */
public record IncomingRequest(
        MigrationId id,
        VmName vm,
        String liveDefinition,
        String configuredDefinition,
        MigrationOptions options,
        Map<Alias, PciAddress> assignedVfs) {}
