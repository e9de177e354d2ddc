// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.function.Consumer;
import org.understudy.api.Subscription;

/** Supplies libvirt's device XML of a host. */
public interface DeviceSource extends AutoCloseable {
    /** Display name of the access. */
    String access();

    /** Subject of findings. */
    String subject();

    /** Why nothing can be changed, as part of a message. */
    String limit();

    /** Remedy for that limit. */
    String remedy();

    /**
     * Concatenated documents of all network devices and PCI devices. Source: libvirt's formatnode.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    String documents();

    /**
     * Watches for changes of the devices.
     *
     * @param changed called after a change; must hand off at once
     * @param ended called once, with the reason, if the watch ends
     */
    Subscription watch(Runnable changed, Consumer<String> ended);

    @Override
    void close();
}
