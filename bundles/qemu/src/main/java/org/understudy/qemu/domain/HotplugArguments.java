// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.Map;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.domain.Device.Nic;
import org.understudy.qemu.domain.Device.PassedThrough;

/** Builds the {@code device_add} arguments of a NIC, equal to those at the start of its VM. */
public final class HotplugArguments {
    private HotplugArguments() {}

    /**
     * @param vfs VF by alias
     * @return arguments of QMP {@code device_add}
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the device is not a NIC, or has no VF
     */
    public static Map<String, Object> arguments(Domain domain, Device device, Map<String, PciAddress> vfs) {
        NicArguments arguments = new NicArguments(vfs, PciAddressAllocator.of(domain), BootIndexes.of(domain));
        if (device instanceof Nic nic) {
            return arguments.nicDevice(nic).asArguments();
        }
        if (device instanceof PassedThrough vf) {
            return arguments.vfDevice(vf).asArguments();
        }
        throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Device " + device.id() + " is not a NIC");
    }
}
