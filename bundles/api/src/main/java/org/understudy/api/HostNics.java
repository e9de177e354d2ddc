// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.function.Consumer;

/** The SR-IOV NICs of the hosts. An optional OSGi service; safe for use from any thread. Answers at once. */
public interface HostNics {
    /** Every host of the configuration, in its order, as last seen. */
    List<NicInventory> inventories();

    /** Every pool of the configuration, with what it has on each host. */
    List<PoolView> pools();

    /**
     * Delivers the inventory of a host whenever something in it has changed, on one thread for all
     * listeners: hand off at once.
     */
    Subscription listen(Consumer<NicInventory> listener);
}
