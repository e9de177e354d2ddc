// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VfSelector;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;

/** A host with PFs eno0, eno1, ...; every second one has another vendor and NUMA node 1. */
final class Rack {
    private static final int SLOTS = 32;
    private static final int FUNCTIONS = 8;

    final List<PfView> pfs = new ArrayList<>();
    final List<VfView> vfs = new ArrayList<>();

    static Rack of(int pfCount, int vfsEach) {
        Rack rack = new Rack();
        for (int pf = 0; pf < pfCount; pf++) {
            PciAddress address = new PciAddress(pf, 1, 0, 0);
            boolean odd = pf % 2 == 1;
            rack.pfs.add(new PfView(
                    address,
                    Optional.of("eno" + pf),
                    odd ? "15b3" : "8086",
                    odd ? "101d" : "1572",
                    Optional.of(odd ? "mlx5_core" : "i40e"),
                    vfsEach,
                    vfsEach,
                    Optional.of(true),
                    OptionalInt.of(pf % 2)));
            for (int index = 0; index < vfsEach; index++) {
                rack.vfs.add(vf(pf, index, VfState.FREE));
            }
        }
        return rack;
    }

    static PciAddress address(int pf, int index) {
        return new PciAddress(pf, 2 + index / (SLOTS * FUNCTIONS), index / FUNCTIONS % SLOTS, index % FUNCTIONS);
    }

    /** Marks a PF as without link. */
    void setLinkDown(int pf) {
        PfView before = pfs.get(pf);
        pfs.set(
                pf,
                new PfView(
                        before.address(),
                        before.netdev(),
                        before.vendor(),
                        before.device(),
                        before.driver(),
                        before.totalVfs(),
                        before.vfs(),
                        Optional.of(false),
                        before.numaNode()));
    }

    /** Makes a PF a port of a master; an empty kind is unknown. */
    void setMaster(int pf, String master, String kind) {
        PfView before = pfs.get(pf);
        pfs.set(
                pf,
                new PfView(
                        before.address(),
                        before.netdev(),
                        before.altNames(),
                        Optional.of(master),
                        Optional.of(kind).filter(known -> !known.isEmpty()),
                        before.vendor(),
                        before.device(),
                        before.driver(),
                        before.totalVfs(),
                        before.vfs(),
                        before.link(),
                        before.numaNode()));
    }

    static VfView vf(int pf, int index, VfState state) {
        return vf(pf, index, state, VfioReadiness.READY);
    }

    static VfView vf(int pf, int index, VfioReadiness vfio) {
        return vf(pf, index, VfState.FREE, vfio);
    }

    private static VfView vf(int pf, int index, VfState state, VfioReadiness vfio) {
        boolean odd = pf % 2 == 1;
        return new VfView(
                address(pf, index),
                new PciAddress(pf, 1, 0, 0),
                "eno" + pf,
                index,
                state,
                "",
                List.of(),
                List.of(),
                odd ? "15b3" : "8086",
                odd ? "101e" : "154c",
                Optional.of(odd ? "mlx5_core" : "iavf"),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.of(pf % 2),
                OptionalInt.of(1000 * pf + index),
                Optional.of(false),
                List.of(),
                vfio,
                Optional.empty(),
                Optional.empty());
    }

    static VfView withMac(VfView vf, MacAddress mac) {
        return new VfView(
                vf.address(),
                vf.pf(),
                vf.pfName(),
                vf.index(),
                vf.state(),
                vf.reason(),
                vf.signs(),
                vf.pools(),
                vf.vendor(),
                vf.device(),
                vf.driver(),
                vf.netdev(),
                Optional.of(mac),
                vf.vlan(),
                vf.vlanProtocol(),
                vf.trust(),
                vf.spoofCheck(),
                vf.numaNode(),
                vf.iommuGroup(),
                vf.iommuShared(),
                vf.iommuPeers(),
                vf.vfio(),
                vf.vfioBlocker(),
                vf.holder());
    }

    /** Binds a VF to vfio-pci without a lease. */
    void reserve(int pf, int index) {
        vfs.replaceAll(vf -> vf.address().equals(address(pf, index)) ? reserved(vf) : vf);
    }

    private static VfView reserved(VfView vf) {
        return new VfView(
                vf.address(),
                vf.pf(),
                vf.pfName(),
                vf.index(),
                VfState.FOREIGN,
                "bound to vfio-pci without a lease",
                List.of("vfio"),
                vf.pools(),
                vf.vendor(),
                vf.device(),
                Optional.of("vfio-pci"),
                Optional.empty(),
                vf.mac(),
                vf.vlan(),
                vf.vlanProtocol(),
                vf.trust(),
                vf.spoofCheck(),
                vf.numaNode(),
                vf.iommuGroup(),
                vf.iommuShared(),
                vf.iommuPeers(),
                vf.vfio(),
                vf.vfioBlocker(),
                vf.holder());
    }

    static PoolPolicy adopting(PoolPolicy pool) {
        return new PoolPolicy(
                pool.name(), pool.kind(), pool.selectors(), pool.model(), pool.network(), true, pool.defaults());
    }

    void setState(int pf, int index, VfState state) {
        vfs.replaceAll(vf -> vf.address().equals(address(pf, index)) ? vf.as(state, "test") : vf);
    }

    static PoolPolicy pool(String name, String... selectors) {
        return new PoolPolicy(
                new PoolName(name),
                PrimaryKind.VF,
                List.of(selectors).stream().map(VfSelector::parse).toList(),
                Optional.empty());
    }

    List<VfView> in(PoolPolicy... pools) {
        return new PoolMembership(List.of(pools)).assign(pfs, vfs);
    }

    NicInventory inventory(String host, PoolPolicy... pools) {
        return new NicInventory(new HostName(host), true, "test", pfs, in(pools), List.of());
    }
}
