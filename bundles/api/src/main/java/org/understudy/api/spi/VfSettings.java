// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.UnderstudyException;

/**
 * What a VF has to be when QEMU gets it.
 *
 * @param mac the pair's address
 * @param vlan 1 to 4094, or 0 for none, which also removes one that is left from before
 * @param trust whether the guest may change its address and go promiscuous; empty: as it is
 * @param spoofCheck whether foreign source addresses are dropped; empty: as it is
 * @param vfio whether it is to be bound to vfio-pci; false where the host's manager binds it
 * @param numaNode where the VM's memory is; a VF there is preferred
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
     * @param mac the pair's address
     * @param vlan 1 to 4094, or 0 for none, which also removes one that is left from before
     * @param trust whether the guest may change its address and go promiscuous; empty: as it is
     * @param spoofCheck whether foreign source addresses are dropped; empty: as it is
     * @param vfio whether it is to be bound to vfio-pci; false where the host's manager binds it
     * @param numaNode where the VM's memory is; a VF there is preferred
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for a VLAN out of range
     */
    public VfSettings {
        if (vlan < 0 || vlan > LAST_VLAN) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "VLAN " + vlan + " is out of range: 1 to 4094, or 0 for none");
        }
    }
}
