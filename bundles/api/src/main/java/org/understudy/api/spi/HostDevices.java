// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Subscription;

/** A {@link Host} whose own manager can tell of its devices, as libvirt does. */
@ProviderType
public interface HostDevices {
    /**
     * {@return the network devices and the PCI devices, each as an XML document, in any order; one that vanishes
     * meanwhile is left out} Blocks for the host's answers. Source: libvirt's formatnode.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}; {@link
     *     org.understudy.api.ErrorCode#NOT_SUPPORTED} where the manager knows nothing of devices
     */
    List<String> devices();

    /**
     * Delivers a call whenever a device came, went or changed, and when the connection to the host was lost, closed or
     * restored.
     *
     * @param changed called on a thread of the connector; hands off at once
     * @return ends the delivery when closed
     */
    Subscription listenForDevices(Runnable changed);
}
