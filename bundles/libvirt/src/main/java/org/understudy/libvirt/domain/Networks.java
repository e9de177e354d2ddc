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

/** libvirt's own networks. */
public final class Networks {
    private Networks() {}

    /** The names of all; empty where libvirt has no driver for networks, or does not reach it. */
    public static Optional<Set<String>> all(NativeConnect connect) throws LibvirtException {
        Set<String> found = new TreeSet<>();
        try {
            Collections.addAll(found, connect.listNetworks());
            Collections.addAll(found, connect.listDefinedNetworks());
            return Optional.of(found);
        } catch (LibvirtException e) {
            requireAnswers(connect, e);
            return Optional.empty();
        }
    }

    /** There may be no driver for networks, or a daemon of their own that does not run. */
    private static void requireAnswers(NativeConnect connect, LibvirtException failure) throws LibvirtException {
        if (!connect.answers()) {
            throw failure;
        }
    }

    /** Those that are active and hand out VFs; none where libvirt has no driver for networks, or does not reach it. */
    public static Set<String> ofVfs(NativeConnect connect) throws LibvirtException {
        Set<String> found = new TreeSet<>();
        try {
            for (String name : connect.listNetworks()) {
                if (handsOutVfs(connect, name)) {
                    found.add(name);
                }
            }
        } catch (LibvirtException e) {
            requireAnswers(connect, e);
        }
        return found;
    }

    private static boolean handsOutVfs(NativeConnect connect, String name) throws LibvirtException {
        try {
            Network network = connect.networkLookupByName(name);
            try {
                return handsOutVfs(network.getXMLDesc(0));
            } finally {
                network.free();
            }
        } catch (LibvirtException e) {
            // Stopped and undefined in the meantime.
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_NETWORK) {
                return false;
            }
            throw e;
        }
    }

    /** Source: libvirt's formatnetwork. */
    static boolean handsOutVfs(String xml) {
        return LibvirtXml.parse(xml).values("/network/forward/@mode").contains("hostdev");
    }
}
