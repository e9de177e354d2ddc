// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** The SR-IOV NICs of the hosts. An optional OSGi service; safe for use from any thread. Does not block. */
@ProviderType
public interface HostNics {
    /** {@return every host of the configuration, in its order, as last read} */
    List<NicInventory> inventories();

    /** {@return every pool of the configuration, with what it has on each host} */
    List<PoolView> pools();

    /**
     * {@return the share of each pool on a host, in the order of the configuration} The default is for a host without VFs.
     *
     * @param host its name in the configuration
     */
    default List<PoolShare> poolShares(HostName host) {
        return List.of();
    }

    /**
     * Delivers the inventory of a host whenever something in it has changed, on one thread for all listeners, which
     * must not block.
     *
     * @param listener gets the inventory of one host
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<NicInventory> listener);
}
