// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.LibvirtException;

/** Who wants to be told of what happens on a host, and of the loss of its connection. All on the keeper's thread. */
public interface ConnectionListener {
    /** Registers callbacks on a fresh connection. */
    void register(NativeConnect connect) throws LibvirtException;

    /** Takes them back; the connection may be dead. */
    void deregister(NativeConnect connect);

    /** The connection is back after a loss; events have been missed. */
    void returned();
}
