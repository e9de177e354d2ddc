// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A physical function that can have VFs.
 *
 * @param address its PCI address
 * @param netdev name of its network device, such as {@code eno1}
 * @param altNames alternative names of its network device
 * @param vendor four hexadecimal digits. Source: sysfs {@code vendor}
 * @param device four hexadecimal digits. Source: sysfs {@code device}
 * @param driver the kernel driver
 * @param totalVfs the highest number of VFs. Source: sysfs {@code sriov_totalvfs}
 * @param vfs the number of VFs. Source: sysfs {@code sriov_numvfs}
 * @param link whether it has a link; empty if unknown, for example without a network device
 * @param numaNode empty on a host without NUMA
 */
public record PfView(
        PciAddress address,
        Optional<String> netdev,
        List<String> altNames,
        String vendor,
        String device,
        Optional<String> driver,
        int totalVfs,
        int vfs,
        Optional<Boolean> link,
        OptionalInt numaNode) {

    /**
     * A PF without alternative names.
     *
     * @param address its PCI address
     * @param netdev name of its network device, such as {@code eno1}
     * @param vendor four hexadecimal digits
     * @param device four hexadecimal digits
     * @param driver the kernel driver
     * @param totalVfs the highest number of VFs
     * @param vfs the number of VFs
     * @param link whether it has a link; empty if unknown
     * @param numaNode empty on a host without NUMA
     */
    public PfView(
            PciAddress address,
            Optional<String> netdev,
            String vendor,
            String device,
            Optional<String> driver,
            int totalVfs,
            int vfs,
            Optional<Boolean> link,
            OptionalInt numaNode) {
        this(address, netdev, List.of(), vendor, device, driver, totalVfs, vfs, link, numaNode);
    }

    /**
     * {@return whether this is a name of its network device}
     *
     * @param name the name
     */
    public boolean isNamed(String name) {
        return netdev.filter(name::equals).isPresent() || altNames.contains(name);
    }
}
