// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.libvirt.jna.Libvirt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps libvirt from printing its errors on stderr. The caller gets them as exceptions. */
final class NativeErrors {
    private static final Logger LOG = LoggerFactory.getLogger(NativeErrors.class);

    /** A constant, because libvirt keeps a bare pointer to it. */
    private static final Libvirt.VirErrorCallback TO_LOG = (opaque, error) -> LOG.debug("libvirt: {}", error.message);

    private NativeErrors() {}

    static void redirectToLog() throws LibvirtException {
        Utf8.loadLibvirtJava();
        Connect.setErrorCallback(TO_LOG);
    }

    /** Other code in this process may use libvirt after this bundle is unloaded. */
    static void restoreDefault() {
        try {
            Connect.setErrorCallback(null);
        } catch (LibvirtException e) {
            LOG.debug("libvirt error handler was not restored: {}", e.getMessage());
        }
    }
}
