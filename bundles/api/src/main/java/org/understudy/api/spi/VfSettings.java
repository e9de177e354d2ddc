// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.UnderstudyException;

/**
 * The settings of a VF for a VM.
 *
 * @param mac the pair's MAC address
 * @param vlan 1 to 4094, or 0 for none, which removes an earlier one
 * @param trust whether the guest may change its MAC address and use promiscuous mode; empty: unchanged
 * @param spoofCheck whether frames with other source MAC addresses are dropped; empty: unchanged
 * @param vfio whether to bind it to vfio-pci; false where the host's manager binds it
 * @param numaNode the NUMA node of the VM's memory; a VF of this node is preferred
 */
public record VfSettings(
        MacAddress mac,
        int vlan,
        Optional<Boolean> trust,
        Optional<Boolean> spoofCheck,
        boolean vfio,
        OptionalInt numaNode) {
    private static final int LAST_VLAN = 4094;

    /**
     * Checks the values.
     *
     * @param mac the pair's MAC address
     * @param vlan 1 to 4094, or 0 for none, which removes an earlier one
     * @param trust whether the guest may change its MAC address and use promiscuous mode; empty: unchanged
     * @param spoofCheck whether frames with other source MAC addresses are dropped; empty: unchanged
     * @param vfio whether to bind it to vfio-pci; false where the host's manager binds it
     * @param numaNode the NUMA node of the VM's memory; a VF of this node is preferred
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for a VLAN out of range
     */
    public VfSettings {
        if (vlan < 0 || vlan > LAST_VLAN) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "VLAN " + vlan + " is out of range: 1 to 4094, or 0 for none");
        }
    }
}
