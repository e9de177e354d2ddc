// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Subscription;

/** A {@link Host} whose manager reports its devices, as libvirt does. */
@ProviderType
public interface HostDevices {
    /**
     * {@return the network devices and the PCI devices, each as an XML document, in any order, without devices that
     * vanish meanwhile} Blocks for the host's answers. Source: libvirt's formatnode.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}; {@link
     *     org.understudy.api.ErrorCode#NOT_SUPPORTED} where the manager does not report devices
     */
    List<String> devices();

    /**
     * Calls the listener when a device was added, removed or changed, and when the connection to the host was lost, closed
     * or restored.
     *
     * @param changed called on a thread of the connector; must not block
     * @return ends the delivery when closed
     */
    Subscription listenForDevices(Runnable changed);
}
