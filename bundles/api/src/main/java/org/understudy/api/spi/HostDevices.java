// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.understudy.api.Subscription;

/** A {@link Host} whose own manager can tell of its devices, as libvirt does. */
public interface HostDevices {
    /**
     * The network devices and the PCI devices, each as an XML document, in any order; one that vanishes meanwhile is left
     * out. Blocks for the host's answers. Source: libvirt's formatnode.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}; {@link
     *     org.understudy.api.ErrorCode#NOT_SUPPORTED} where the manager knows nothing of devices
     */
    List<String> devices();

    /**
     * Tells whenever some device came, went or changed, and when the host was lost, was closed or is back; hand off at
     * once.
     */
    Subscription listenForDevices(Runnable changed);
}
