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
 * The libvirt networks that provide the VFs of pools. A network that Understudy created is marked in its metadata; all others
 * stay unchanged. Source: libvirt's formatnetwork.
 */
public final class PoolNetworks {
    private static final String NAMESPACE = "https://understudy.org/xmlns/network/1.0";

    private final HostName host;
    private final LibvirtConnection connection;

    public PoolNetworks(HostName host, LibvirtConnection connection) {
        this.host = host;
        this.connection = connection;
    }

    /**
     * Reconciles the network of each pool with its VFs; a pool without VFs has no network.
     *
     * @return why a network does not match its pool
     */
    public List<Finding> keep(Map<PoolName, List<PciAddress>> pools) {
        List<Finding> findings = new ArrayList<>();
        pools.forEach((pool, vfs) -> reconcile(pool, vfs).ifPresent(findings::add));
        return findings;
    }

    private Optional<Finding> reconcile(PoolName pool, List<PciAddress> vfs) {
        try {
            return connection.call("reconcile network " + pool, connect -> {
                Optional<Network> found = find(connect, pool);
                if (found.isPresent()) {
                    try {
                        return update(connect, found.get(), pool, vfs);
                    } finally {
                        found.get().free();
                    }
                }
                create(connect, pool, vfs, "");
                return Optional.empty();
            });
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE) {
                throw e;
            }
            return Optional.of(mismatch(pool, e.getMessage(), e.code().remedy()));
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

    private Optional<Finding> update(NativeConnect connect, Network network, PoolName pool, List<PciAddress> vfs)
            throws LibvirtException {
        LibvirtXml current = LibvirtXml.parse(network.getXMLDesc(0));
        if (current.values("/network/metadata/*[namespace-uri()='" + NAMESPACE + "']/@name")
                .isEmpty()) {
            return vfs.isEmpty()
                    ? Optional.empty()
                    : Optional.of(mismatch(
                            pool,
                            "it was not created by Understudy and stays unchanged",
                            "Rename the network or remove it with 'virsh net-undefine',"
                                    + " or remove 'network' from the pool."));
        }
        if (current.pciAddresses("/network/forward/address").equals(vfs)) {
            activate(network);
            return Optional.empty();
        }
        if (!current.values("/network/@connections").isEmpty()) {
            return Optional.of(mismatch(
                    pool,
                    "VMs use it, so its VFs do not change until the last of them stops",
                    "Stop these VMs, or migrate them to another host."));
        }
        if (network.isActive() == 1) {
            network.destroy();
        }
        if (vfs.isEmpty()) {
            network.undefine();
        }
        create(connect, pool, vfs, "<uuid>" + network.getUUIDString() + "</uuid>");
        return Optional.empty();
    }

    private static void create(NativeConnect connect, PoolName pool, List<PciAddress> vfs, String uuid)
            throws LibvirtException {
        if (vfs.isEmpty()) {
            return;
        }
        Network network = connect.networkDefineXML("""
                <network>
                  <name>%1$s</name>
                  %2$s
                  <metadata><understudy:pool xmlns:understudy='%3$s' name='%1$s'/></metadata>
                  <forward mode='hostdev' managed='yes'>%4$s</forward>
                </network>
                """.formatted(
                        pool, uuid, NAMESPACE, vfs.stream().map(LibvirtXml::of).collect(Collectors.joining())));
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

    private Finding mismatch(PoolName pool, String why, String remedy) {
        return Finding.of(
                FindingCode.NETWORK_NOT_KEPT,
                "host " + host + ", pool " + pool,
                "Network " + pool + " of libvirt does not match its pool: " + why,
                remedy);
    }
}
