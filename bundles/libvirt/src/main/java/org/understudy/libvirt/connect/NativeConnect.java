// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Pointer;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;

/** A connection that can be handed to the calls libvirt-java lacks. */
public final class NativeConnect extends Connect {
    /** User names and passwords come from libvirt's own {@code auth.conf}; nobody is asked. */
    NativeConnect(String uri) throws LibvirtException {
        super(uri);
    }

    /** The virConnectPtr. */
    public Pointer pointer() {
        return vcp.getPointer();
    }

    /** Whether the daemon is still there. */
    public boolean answers() {
        try {
            return isAlive();
        } catch (LibvirtException e) {
            return false;
        }
    }

    /** The inherited one closes once more what was closed while something held it, and libvirt would free it too early. */
    @Override
    @SuppressWarnings({"deprecation", "Finalize"})
    protected void finalize() {}

    /** Identity: the inherited one asks the host. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
