// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Finding;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.Subscription;

/** A {@link Host} whose own manager can hand out VFs by networks, as libvirt does. */
@ProviderType
public interface VfNetworks {
    /**
     * Makes the network of each of these pools hand out just these VFs; a pool without VFs is to have none. Networks
     * that somebody else made, and those in use, are left as they are. Blocks for the host's answers.
     *
     * @param pools the VFs of each pool
     * @return why a network is not as it should be
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    List<Finding> keep(Map<PoolName, List<PciAddress>> pools);

    /**
     * Delivers a call whenever a network was made, started, stopped or removed, by whatever program.
     *
     * @param changed called on a thread of the connector; hands off at once
     * @return ends the delivery when closed
     */
    Subscription listen(Runnable changed);
}
