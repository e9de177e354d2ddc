// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open connection and those who use it. A call can block for long, and libvirt's handle must not go away under it:
 * who leaves last, after the line was retired, closes it.
 */
final class SharedConnection {
    private static final Logger LOG = LoggerFactory.getLogger(SharedConnection.class);

    private final NativeConnect connect;
    private int users = 1;

    SharedConnection(NativeConnect connect) {
        this.connect = connect;
    }

    NativeConnect connect() {
        return connect;
    }

    /** False if it is closed already. */
    synchronized boolean enter() {
        if (users == 0) {
            return false;
        }
        users++;
        return true;
    }

    void leave() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        try {
            int left = connect.close();
            if (left > 0) {
                LOG.debug("A libvirt connection is still held by {} objects", left);
            }
        } catch (LibvirtException e) {
            LOG.debug("A libvirt connection did not close cleanly: {}", e.getMessage());
        }
    }
}
