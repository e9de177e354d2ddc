// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

/**
 * The functions of libusvf; see {@code native/include/usvf.h}. Every call throws {@link NativeFailure}. The places are
 * those of sysfs, devices, state, recorded links and libvirt's files; an empty text stands for the usual one.
 */
final class NativeVf {
    private NativeVf() {}

    /** Whether this process may change functions. */
    static native boolean isPrivileged();

    /** What {@code understudy-vf list --json} prints, as far as {@link InventoryJson} reads it; ASCII. */
    static native byte[] inventory(String[] places);

    /** Returns the fencing number. */
    static native long lease(String[] places, String vf, String owner);

    /** @param trust 0, 1, or -1 to leave it; the same for spoofchk */
    static native void configure(
            String[] places, String vf, String owner, long fencing, byte[] mac, int vlan, int trust, int spoofchk);

    /** @param user who may open the VF's group; empty: no change */
    static native void bind(String[] places, String vf, String owner, long fencing, String user);

    static native void forwarding(String[] places, String vf, String owner, long fencing, boolean on);

    static native void release(String[] places, String vf, String owner, long fencing);

    static native long watchOpen();

    /** Waits for changes and returns how many were seen, 0 after the time. */
    static native int watchWait(long watch, int millis);

    static native void watchClose(long watch);
}
