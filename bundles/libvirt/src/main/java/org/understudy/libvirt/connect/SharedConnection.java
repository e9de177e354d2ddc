// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reference-counted connection. A call can block for long, and libvirt's handle must not be freed meanwhile: the last
 * release, after the owner's, closes it.
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

    /** False if the connection is closed. */
    synchronized boolean acquire() {
        if (users == 0) {
            return false;
        }
        users++;
        return true;
    }

    void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        try {
            int left = connect.close();
            if (left > 0) {
                LOG.debug("libvirt connection is still referenced by {} objects", left);
            }
        } catch (LibvirtException e) {
            LOG.debug("libvirt connection did not close cleanly: {}", e.getMessage());
        }
    }
}
