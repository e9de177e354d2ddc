// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.Map;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;
import org.understudy.core.definition.DomainView;

/** What a migration needs to know of domain XML. */
public interface Definitions {
    DomainView view(String definition);

    /** The same definition without these devices. */
    String without(String definition, Set<Alias> devices);

    /** The same definition with the VFs of the destination, and its names of networks that are called otherwise elsewhere. */
    String adjust(String definition, Map<Alias, PciAddress> assignedVfs, Map<String, String> networks);
}
