// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.Network;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.UnderstudyException;
import org.understudy.libvirt.connect.LibvirtConnection;
import org.understudy.libvirt.connect.NativeConnect;

/**
 * The networks by which libvirt hands out the VFs of pools. One that was made here is marked in its metadata; all others are
 * left alone. Source: libvirt's formatnetwork.
 */
public final class PoolNetworks {
    private static final String MARK = "https://understudy.org/xmlns/network/1.0";

    private final HostName host;
    private final LibvirtConnection connection;

    public PoolNetworks(HostName host, LibvirtConnection connection) {
        this.host = host;
        this.connection = connection;
    }

    /**
     * Makes each pool's network hand out just these VFs; with none there is no network.
     *
     * @return why a network is not as it should be
     */
    public List<Finding> keep(Map<PoolName, List<PciAddress>> pools) {
        List<Finding> findings = new ArrayList<>();
        pools.forEach((pool, vfs) -> keep(pool, vfs).ifPresent(findings::add));
        return findings;
    }

    private Optional<Finding> keep(PoolName pool, List<PciAddress> vfs) {
        try {
            return connection.ask("keep network " + pool + " in step with its pool", connect -> {
                Optional<Network> found = find(connect, pool);
                if (found.isPresent()) {
                    try {
                        return adapt(connect, found.get(), pool, vfs);
                    } finally {
                        found.get().free();
                    }
                }
                make(connect, pool, vfs, "");
                return Optional.empty();
            });
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE) {
                throw e;
            }
            return Optional.of(notKept(pool, e.getMessage(), e.code().remedy()));
        }
    }

    private static Optional<Network> find(NativeConnect connect, PoolName pool) throws LibvirtException {
        try {
            return Optional.of(connect.networkLookupByName(pool.value()));
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_NETWORK) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Optional<Finding> adapt(NativeConnect connect, Network network, PoolName pool, List<PciAddress> vfs)
            throws LibvirtException {
        LibvirtXml now = LibvirtXml.parse(network.getXMLDesc(0));
        if (now.values("/network/metadata/*[namespace-uri()='" + MARK + "']/@name")
                .isEmpty()) {
            return vfs.isEmpty()
                    ? Optional.empty()
                    : Optional.of(notKept(
                            pool,
                            "it was made by somebody else and is left alone",
                            "Rename or remove it (virsh net-undefine), or remove 'network' from the pool."));
        }
        if (now.pciAddresses("/network/forward/address").equals(vfs)) {
            activate(network);
            return Optional.empty();
        }
        if (!now.values("/network/@connections").isEmpty()) {
            return Optional.of(notKept(
                    pool,
                    "VMs use it, so its VFs stay what they are until the last of them stops",
                    "Stop these VMs, or move them to another host."));
        }
        if (network.isActive() == 1) {
            network.destroy();
        }
        if (vfs.isEmpty()) {
            network.undefine();
        }
        make(connect, pool, vfs, "<uuid>" + network.getUUIDString() + "</uuid>");
        return Optional.empty();
    }

    private static void make(NativeConnect connect, PoolName pool, List<PciAddress> vfs, String uuid)
            throws LibvirtException {
        if (vfs.isEmpty()) {
            return;
        }
        Network network = connect.networkDefineXML(
                """
                <network>
                  <name>%1$s</name>
                  %2$s
                  <metadata><understudy:pool xmlns:understudy='%3$s' name='%1$s'/></metadata>
                  <forward mode='hostdev' managed='yes'>%4$s</forward>
                </network>
                """.formatted(pool, uuid, MARK, vfs.stream().map(LibvirtXml::of).collect(Collectors.joining())));
        try {
            activate(network);
        } finally {
            network.free();
        }
    }

    private static void activate(Network network) throws LibvirtException {
        if (network.isActive() == 0) {
            network.create();
        }
        network.setAutostart(true);
    }

    private Finding notKept(PoolName pool, String why, String remedy) {
        return Finding.of(
                FindingCode.NETWORK_NOT_KEPT,
                "host " + host + ", pool " + pool,
                "libvirt's network " + pool + " is not in step with the pool: " + why,
                remedy);
    }
}
