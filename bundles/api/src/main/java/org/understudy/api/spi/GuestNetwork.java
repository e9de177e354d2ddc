// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.api.MacAddress;

/**
 * The network of a guest, as its agent reports it.
 *
 * @param devices the network devices
 * @param examined whether the agent may run programs in the guest; if not, only names and addresses are known
 * @param driverless PCI network devices without a driver, with vendor and device, such as {@code 0000:02:00.0 8086:10ca}
 * @param files lines of files that configure network devices, by path; no passwords
 */
public record GuestNetwork(List<Device> devices, boolean examined, List<String> driverless, Map<String, String> files) {
    /**
     * A network device in the guest.
     *
     * @param name its name in the guest, such as {@code eth0}
     * @param mac empty for one without, such as a tunnel
     * @param addresses its IP addresses
     * @param mtu empty if unknown
     * @param driver the kernel driver, such as {@code virtio_net}; empty if unknown or for a virtual device
     * @param master the device above it, such as a failover device; empty if unknown or none
     */
    public record Device(
            String name,
            Optional<MacAddress> mac,
            List<String> addresses,
            OptionalInt mtu,
            Optional<String> driver,
            Optional<String> master) {}
}
