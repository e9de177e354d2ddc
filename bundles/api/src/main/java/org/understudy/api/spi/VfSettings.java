// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfDefaults;

/**
 * The settings of a VF for a VM.
 *
 * @param mac the pair's MAC address
 * @param vlan 1 to 4094, or 0 for none, which removes an earlier one
 * @param trust whether the guest may change its MAC address and use promiscuous mode; empty: as in {@code defaults}
 * @param spoofCheck whether frames with other source MAC addresses are dropped; empty: as in {@code defaults}
 * @param vfio whether to bind it to vfio-pci; false where the host's manager binds it
 * @param numaNode the NUMA node of the VM's memory; a VF of this node is preferred
 * @param defaults the other settings
 */
public record VfSettings(
        MacAddress mac,
        int vlan,
        Optional<Boolean> trust,
        Optional<Boolean> spoofCheck,
        boolean vfio,
        OptionalInt numaNode,
        VfDefaults defaults) {
    private static final int LAST_VLAN = 4094;

    /**
     * Checks the values.
     *
     * @param mac the pair's MAC address
     * @param vlan 1 to 4094, or 0 for none, which removes an earlier one
     * @param trust whether the guest may change its MAC address and use promiscuous mode; empty: as in {@code defaults}
     * @param spoofCheck whether frames with other source MAC addresses are dropped; empty: as in {@code defaults}
     * @param vfio whether to bind it to vfio-pci; false where the host's manager binds it
     * @param numaNode the NUMA node of the VM's memory; a VF of this node is preferred
     * @param defaults the other settings
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for a VLAN out of range
     */
    public VfSettings {
        if (vlan < 0 || vlan > LAST_VLAN) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "VLAN " + vlan + " is out of range: 1 to 4094, or 0 for none");
        }
    }

    /**
     * Settings with those of a new VF as defaults.
     *
     * @param mac the pair's MAC address
     * @param vlan 1 to 4094, or 0 for none, which removes an earlier one
     * @param trust whether the guest may change its MAC address and use promiscuous mode; empty: not
     * @param spoofCheck whether frames with other source MAC addresses are dropped; empty: they are
     * @param vfio whether to bind it to vfio-pci; false where the host's manager binds it
     * @param numaNode the NUMA node of the VM's memory; a VF of this node is preferred
     */
    public VfSettings(
            MacAddress mac,
            int vlan,
            Optional<Boolean> trust,
            Optional<Boolean> spoofCheck,
            boolean vfio,
            OptionalInt numaNode) {
        this(mac, vlan, trust, spoofCheck, vfio, numaNode, VfDefaults.NONE);
    }

    /**
     * {@return the same settings with the defaults of a pool; the lower of two highest rates applies}
     *
     * @param pool the defaults
     */
    public VfSettings with(VfDefaults pool) {
        int tag = vlan == 0 ? pool.vlan().orElse(0) : vlan;
        return new VfSettings(
                mac,
                tag,
                trust.or(pool::trust),
                spoofCheck.or(pool::spoofCheck),
                vfio,
                numaNode,
                pool.limitedTo(defaults.maxRate()));
    }

    /** {@return the same settings without a highest rate} */
    public VfSettings withoutLimit() {
        return new VfSettings(mac, vlan, trust, spoofCheck, vfio, numaNode);
    }
}
