// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.LibvirtException;

/** Registers callbacks on connections and is notified of reconnects. Called on the thread of the connection. */
public interface ConnectionListener {
    /** Registers callbacks on a fresh connection. */
    void register(NativeConnect connect) throws LibvirtException;

    /** Deregisters the callbacks; the connection may be dead. */
    void deregister(NativeConnect connect);

    /** The connection was lost; must not block. */
    default void lost() {}

    /** The connection is open again after a loss; events were missed. */
    void reconnected();
}
