// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Map;
import org.understudy.api.Alias;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.PciAddress;
import org.understudy.api.VmName;

/**
 * What a destination has to prepare.
 *
 * @param id the migration
 * @param vm the VM
 * @param liveDefinition what the VM runs with on the source, adjusted for this host
 * @param configuredDefinition what is to be stored here after the switch
 * @param options how it is moved
 * @param assignedVfs the VF leased here for each primary
 */
public record IncomingRequest(
        MigrationId id,
        VmName vm,
        String liveDefinition,
        String configuredDefinition,
        MigrationOptions options,
        Map<Alias, PciAddress> assignedVfs) {}
