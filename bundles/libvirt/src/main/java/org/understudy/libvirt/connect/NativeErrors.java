// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.jna.Libvirt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps libvirt from printing its errors on stderr. Whoever made the call gets them as an exception. */
final class NativeErrors {
    private static final Logger LOG = LoggerFactory.getLogger(NativeErrors.class);

    /** A constant, because libvirt keeps a bare pointer to it for good. */
    static final Libvirt.VirErrorCallback TO_LOG = (opaque, error) -> LOG.debug("libvirt: {}", error.message);

    private NativeErrors() {}
}
