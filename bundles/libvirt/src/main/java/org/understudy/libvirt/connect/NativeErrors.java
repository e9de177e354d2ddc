// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.libvirt.jna.Libvirt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps libvirt from printing its errors on stderr. Whoever made the call gets them as an exception. */
final class NativeErrors {
    private static final Logger LOG = LoggerFactory.getLogger(NativeErrors.class);

    /** A constant, because libvirt keeps a bare pointer to it. */
    private static final Libvirt.VirErrorCallback TO_LOG = (opaque, error) -> LOG.debug("libvirt: {}", error.message);

    private NativeErrors() {}

    static void catchAll() throws LibvirtException {
        Connect.setErrorCallback(TO_LOG);
    }

    /** Others in this process may use libvirt when the classes of this bundle are gone. */
    static void release() {
        try {
            Connect.setErrorCallback(null);
        } catch (LibvirtException e) {
            LOG.debug("libvirt's own way of errors is not restored: {}", e.getMessage());
        }
    }
}
