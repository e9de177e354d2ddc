// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.Network;
import org.understudy.libvirt.connect.NativeConnect;

/** Reads libvirt's networks. */
public final class Networks {
    private Networks() {}

    /** Names of all networks; empty if libvirt has no network driver, or cannot reach it. */
    public static Optional<Set<String>> all(NativeConnect connect) throws LibvirtException {
        Set<String> found = new TreeSet<>();
        try {
            Collections.addAll(found, connect.listNetworks());
            Collections.addAll(found, connect.listDefinedNetworks());
            return Optional.of(found);
        } catch (LibvirtException e) {
            requireResponse(connect, e);
            return Optional.empty();
        }
    }

    /** Without a network driver, or with a network daemon that does not run, the connection still responds. */
    private static void requireResponse(NativeConnect connect, LibvirtException failure) throws LibvirtException {
        if (!connect.responds()) {
            throw failure;
        }
    }

    /** Names of active networks that provide VFs; none if libvirt has no network driver, or cannot reach it. */
    public static Set<String> withVfs(NativeConnect connect) throws LibvirtException {
        Set<String> found = new TreeSet<>();
        try {
            for (String name : connect.listNetworks()) {
                if (providesVfs(connect, name)) {
                    found.add(name);
                }
            }
        } catch (LibvirtException e) {
            requireResponse(connect, e);
        }
        return found;
    }

    private static boolean providesVfs(NativeConnect connect, String name) throws LibvirtException {
        try {
            Network network = connect.networkLookupByName(name);
            try {
                return providesVfs(network.getXMLDesc(0));
            } finally {
                network.free();
            }
        } catch (LibvirtException e) {
            // Stopped and undefined meanwhile.
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_NETWORK) {
                return false;
            }
            throw e;
        }
    }

    /** Source: libvirt's formatnetwork. */
    static boolean providesVfs(String xml) {
        return LibvirtXml.parse(xml).values("/network/forward/@mode").contains("hostdev");
    }
}
