// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Pointer;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;

/** A connection whose pointer is available to native calls that libvirt-java lacks. */
public final class NativeConnect extends Connect {
    /** User names and passwords come from libvirt's own {@code auth.conf}; there is no prompt. */
    NativeConnect(String uri) throws LibvirtException {
        super(uri);
    }

    /** The virConnectPtr. */
    public Pointer pointer() {
        return vcp.getPointer();
    }

    /** True if the daemon is alive. */
    public boolean responds() {
        try {
            return isAlive();
        } catch (LibvirtException e) {
            return false;
        }
    }

    /** Replaces the inherited finalizer, which closes a second time a connection that was closed while still referenced. */
    @Override
    @SuppressWarnings({"deprecation", "Finalize"})
    protected void finalize() {}

    /** Identity: the inherited method queries the host. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
