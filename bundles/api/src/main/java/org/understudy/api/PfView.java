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
 * @param master the bond, bridge or other network device that its network device is a port of
 * @param masterKind such as {@code bond} or {@code bridge}; empty if it is a port of none, or if the kernel does not name it
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
        Optional<String> master,
        Optional<String> masterKind,
        String vendor,
        String device,
        Optional<String> driver,
        int totalVfs,
        int vfs,
        Optional<Boolean> link,
        OptionalInt numaNode) {

    /**
     * A PF without alternative names and without a master.
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
        this(
                address,
                netdev,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                vendor,
                device,
                driver,
                totalVfs,
                vfs,
                link,
                numaNode);
    }

    /**
     * {@return whether this is a name of its network device}
     *
     * @param name the name
     */
    public boolean isNamed(String name) {
        return netdev.filter(name::equals).isPresent() || altNames.contains(name);
    }

    /**
     * {@return whether frames for one MAC address may arrive at another port: its network device is a port of a bond, a team, or a
     * master of unknown kind} Only a bridge or a switch receives all frames of its ports.
     */
    public boolean isBonded() {
        return master.isPresent()
                && masterKind
                        .map(kind -> kind.equals("bond") || kind.equals("team"))
                        .orElse(true);
    }
}
