// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Finding;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.Subscription;

/** A {@link Host} whose manager can hand out VFs by networks, as libvirt does. */
@ProviderType
public interface VfNetworks {
    /**
     * Makes the network of each pool hand out exactly the given VFs; removes the network of a pool without VFs. Does not
     * change networks of other owners or networks in use. Blocks for the host's answers.
     *
     * @param pools the VFs of each pool
     * @return why a network could not be changed
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    List<Finding> keep(Map<PoolName, List<PciAddress>> pools);

    /**
     * Calls the listener when a network was created, started, stopped or removed by any program.
     *
     * @param changed called on a thread of the connector; must not block
     * @return ends the delivery when closed
     */
    Subscription listen(Runnable changed);
}
