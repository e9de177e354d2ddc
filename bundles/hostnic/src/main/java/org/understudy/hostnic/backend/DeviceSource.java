// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.function.Consumer;
import org.understudy.api.Subscription;

/** Who says what libvirt knows of a host's devices. */
public interface DeviceSource extends AutoCloseable {
    /** What is asked, for people. */
    String access();

    /** What findings are about. */
    String subject();

    /** Why nothing can be changed, as the end of a sentence. */
    String limit();

    /** What an admin may do about that. */
    String remedy();

    /**
     * The documents of all network devices and PCI devices, one behind the other. Source: libvirt's formatnode.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    String documents();

    /**
     * Watches for changes of them.
     *
     * @param changed must hand off at once
     * @param ended called once, with the reason, if nothing is told any more
     */
    Subscription watch(Runnable changed, Consumer<String> ended);

    @Override
    void close();
}
