// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A physical function that can have VFs.
 *
 * @param address its PCI address
 * @param netdev name of its network device, such as {@code eno1}
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
        String vendor,
        String device,
        Optional<String> driver,
        int totalVfs,
        int vfs,
        Optional<Boolean> link,
        OptionalInt numaNode) {}
