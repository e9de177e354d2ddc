// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A virtual function.
 *
 * @param address its PCI address
 * @param pf the PCI address of its PF
 * @param pfName the PF's network device, or its address if it has none
 * @param index its number on its PF. Source: sysfs {@code virtfnN}
 * @param state whether it can be leased
 * @param reason why it is in this state; empty for a free one
 * @param signs the names of the signs of its use, such as {@code network-namespace}; a free VF has none. Source:
 *     understudy-vf(8)
 * @param pools the pools it belongs to; one, unless pools overlap
 * @param vendor four hexadecimal digits. Source: sysfs {@code vendor}
 * @param device four hexadecimal digits. Source: sysfs {@code device}
 * @param driver the kernel driver it is bound to
 * @param netdev its own network device on the host
 * @param mac as set by the PF; empty if none was set
 * @param vlan as set by the PF, 0 for none; empty if the PF does not report it
 * @param vlanProtocol {@code 802.1Q} or {@code 802.1ad}; empty without a VLAN
 * @param trust whether the guest may change its MAC address and use promiscuous mode; empty if the PF does not report it
 * @param spoofCheck whether frames with other source MAC addresses are dropped; empty if the PF does not report it
 * @param numaNode its NUMA node; empty on a host without NUMA
 * @param iommuGroup empty if the IOMMU is off
 * @param iommuShared whether other devices are in its group
 * @param iommuPeers the other devices of its group that the host reports
 * @param vfio whether {@code vfio-pci} can bind it
 * @param vfioBlocker the device of the group that the host uses, with {@link VfioReadiness#GROUP_SHARED}
 * @param holder the lease of the VF
 */
public record VfView(
        PciAddress address,
        PciAddress pf,
        String pfName,
        int index,
        VfState state,
        String reason,
        List<String> signs,
        List<PoolName> pools,
        String vendor,
        String device,
        Optional<String> driver,
        Optional<String> netdev,
        Optional<MacAddress> mac,
        OptionalInt vlan,
        Optional<String> vlanProtocol,
        Optional<Boolean> trust,
        Optional<Boolean> spoofCheck,
        OptionalInt numaNode,
        OptionalInt iommuGroup,
        Optional<Boolean> iommuShared,
        List<PciAddress> iommuPeers,
        VfioReadiness vfio,
        Optional<PciAddress> vfioBlocker,
        Optional<Holder> holder) {
    private static final String VFIO_DRIVER = "vfio-pci";

    /** {@return whether it is bound to {@code vfio-pci} without a lease, and nothing else shows a use} */
    public boolean isReserved() {
        return state == VfState.FOREIGN
                && signs.equals(List.of("vfio"))
                && driver.filter(VFIO_DRIVER::equals).isPresent();
    }

    /** {@return whether it is a function of a network device, as far as the host reports it} */
    public boolean isNetwork() {
        return !signs.contains("not-network");
    }

    /**
     * {@return the same VF as a member of pools}
     *
     * @param names the pools
     */
    public VfView in(List<PoolName> names) {
        return with(state, reason, signs, names);
    }

    /**
     * {@return the same VF with signs of use}
     *
     * @param names the names of the signs
     */
    public VfView showing(List<String> names) {
        return with(state, reason, names, pools);
    }

    /**
     * {@return the same VF in another state}
     *
     * @param other the state
     * @param why the reason for it
     */
    public VfView as(VfState other, String why) {
        return with(other, why, signs, pools);
    }

    private VfView with(VfState newState, String newReason, List<String> newSigns, List<PoolName> newPools) {
        return new VfView(
                address,
                pf,
                pfName,
                index,
                newState,
                newReason,
                newSigns,
                newPools,
                vendor,
                device,
                driver,
                netdev,
                mac,
                vlan,
                vlanProtocol,
                trust,
                spoofCheck,
                numaNode,
                iommuGroup,
                iommuShared,
                iommuPeers,
                vfio,
                vfioBlocker,
                holder);
    }

    /**
     * The lease of a VF.
     *
     * @param vm the VM's name
     * @param primary the alias of the primary it is for
     * @param owner the server that holds the lease
     * @param fencing increases with each lease of the host
     * @param ours whether the owner is this server
     */
    public record Holder(String vm, String primary, String owner, long fencing, boolean ours) {
        /** {@return the VM for messages; empty if the owner is no Understudy server} */
        public Optional<VmName> vmName() {
            return Optional.of(vm).filter(name -> !name.isEmpty()).map(VmName::new);
        }
    }
}
