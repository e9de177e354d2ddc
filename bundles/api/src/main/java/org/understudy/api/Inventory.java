// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The hosts, VMs, VFs and pools of this server, kept in memory and changed by events of the hosts. An OSGi service; safe for use
 * from any thread. Never calls a host.
 *
 * <p>Each change has a revision, one higher than that of the change before. To follow the inventory without a gap: first
 * {@link #listen}, and collect the changes; then take a {@link #snapshot}, drop the changes up to its revision, and apply
 * the others, each of which replaces or removes one object. Revisions start again with each start of the server.
 */
@ProviderType
public interface Inventory {
    /** {@return the current state} Does not block. */
    InventorySnapshot snapshot();

    /**
     * Delivers every change, in the order of the revisions. A slow listener delays no other, and receives the last change of
     * each object, in the same order.
     *
     * @param listener receives each change
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<InventoryChange> listener);
}
