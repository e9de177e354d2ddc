// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.domain;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.Alias;
import org.understudy.api.MacAddress;
import org.understudy.api.Nic;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VmName;

/**
 * What a definition says about a VM's network.
 *
 * @param uuid empty if the definition leaves the choice to the host
 * @param nics every {@code <interface>}, and every {@code <hostdev>} that is part of a pair, in document order
 * @param pairs every pair whose two halves were found
 */
public record DomainView(VmName name, Optional<UUID> uuid, List<Nic> nics, List<PairView> pairs) {
    /**
     * A pair as the definition has it.
     *
     * @param pool the pool the primary comes from, as the definition or Understudy's metadata tells
     * @param vf the VF's address on the host, if the definition names one
     */
    public record PairView(
            Alias standby,
            Alias primary,
            MacAddress mac,
            Optional<PoolName> pool,
            PrimaryKind kind,
            Optional<PciAddress> vf) {}
}
