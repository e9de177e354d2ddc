// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

/**
 * Native methods of libusvf; see {@code native/include/usvf.h}. Every call throws {@link NativeFailure}. The places are
 * those of sysfs, devices, state, recorded links and libvirt's files; an empty text selects the default.
 */
final class NativeVf {
    private NativeVf() {}

    /** True if this process may change functions. */
    static native boolean isPrivileged();

    /** The output of {@code understudy-vf list --json}, as far as {@link InventoryJson} reads it; ASCII. */
    static native byte[] inventory(String[] places);

    /** Returns the fencing number. */
    static native long lease(String[] places, String vf, String owner, boolean adopt);

    /** @param values VLAN, QoS, trust, spoof check, link state, rates; -1 for that of a new VF */
    static native void setUp(String[] places, String vf, String owner, long fencing, byte[] mac, int[] values);

    /** @param user user that may open the VF's IOMMU group; empty: no change */
    static native void bind(String[] places, String vf, String owner, long fencing, String user);

    static native void forwarding(String[] places, String vf, String owner, long fencing, boolean on);

    static native void release(String[] places, String vf, String owner, long fencing);

    static native long watchOpen(String[] places);

    /** Waits for changes; returns their number, 0 on timeout. */
    static native int watchWait(long watch, int millis);

    static native void watchClose(long watch);
}
