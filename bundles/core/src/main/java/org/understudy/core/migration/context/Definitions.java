// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.MigrationId;
import org.understudy.api.PciAddress;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.UnpairedDevice;

/** The operations on domain XML that a migration needs. */
public interface Definitions {
    DomainView view(String definition);

    /** The passed-through devices that are no primaries. */
    List<UnpairedDevice> unpaired(String definition, Set<String> vfNetworks);

    /** The same definition without these devices. */
    String without(String definition, Set<Alias> devices);

    /** The same definition with the VFs and the network names of the destination. */
    String adjust(String definition, Map<Alias, PciAddress> assignedVfs, Map<String, String> networks);

    /** The same live definition with the mark of this migration. */
    String marked(String liveDefinition, MigrationId id);

    /** The same definition without the mark of a migration. */
    String unmarked(String definition);

    /** The migration whose mark a live definition has. */
    Optional<MigrationId> mark(String liveDefinition);
}
