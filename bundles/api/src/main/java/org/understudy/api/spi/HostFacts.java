// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.Finding;

/**
 * The capabilities of a host. An empty optional means "unknown", never "no".
 *
 * @param connector such as {@code qemu}
 * @param summary one line for users
 * @param qemuVersion such as {@code 7.2.22}
 * @param libvirtVersion such as {@code 11.3.0}; empty where there is none
 * @param accelerator {@code kvm} or {@code tcg}
 * @param machineTypes names and aliases of the supported machine types
 * @param iommu whether an IOMMU is on
 * @param bridges bridges a standby NIC can be attached to
 * @param networks networks of the host's manager, active or not
 * @param vfNetworks active networks of the host's manager that hand out VFs
 * @param findings problems and notices
 */
public record HostFacts(
        String connector,
        String summary,
        Optional<Version> qemuVersion,
        Optional<Version> libvirtVersion,
        Optional<String> accelerator,
        Set<String> machineTypes,
        Optional<Boolean> iommu,
        Optional<Set<String>> bridges,
        Optional<Set<String>> networks,
        Set<String> vfNetworks,
        List<Finding> findings) {

    /**
     * A host without a manager of networks.
     *
     * @param connector such as {@code qemu}
     * @param summary one line for users
     * @param qemuVersion such as {@code 7.2.22}
     * @param libvirtVersion such as {@code 11.3.0}; empty where there is none
     * @param accelerator {@code kvm} or {@code tcg}
     * @param machineTypes names and aliases of the supported machine types
     * @param iommu whether an IOMMU is on
     * @param bridges bridges a standby NIC can be attached to
     * @param findings problems and notices
     */
    public HostFacts(
            String connector,
            String summary,
            Optional<Version> qemuVersion,
            Optional<Version> libvirtVersion,
            Optional<String> accelerator,
            Set<String> machineTypes,
            Optional<Boolean> iommu,
            Optional<Set<String>> bridges,
            List<Finding> findings) {
        this(
                connector,
                summary,
                qemuVersion,
                libvirtVersion,
                accelerator,
                machineTypes,
                iommu,
                bridges,
                Optional.empty(),
                Set.of(),
                findings);
    }

    /**
     * A version in three numbers.
     *
     * @param major the first number
     * @param minor the second number
     * @param micro the third number
     */
    public record Version(int major, int minor, int micro) implements Comparable<Version> {
        @Override
        public int compareTo(Version o) {
            int byMajor = Integer.compare(major, o.major);
            int byMinor = byMajor != 0 ? byMajor : Integer.compare(minor, o.minor);
            return byMinor != 0 ? byMinor : Integer.compare(micro, o.micro);
        }

        /**
         * {@return true if this version is the given one or newer}
         *
         * @param otherMajor the first number
         * @param otherMinor the second number
         */
        public boolean atLeast(int otherMajor, int otherMinor) {
            return compareTo(new Version(otherMajor, otherMinor, 0)) >= 0;
        }

        @Override
        public String toString() {
            return major + "." + minor + "." + micro;
        }
    }
}
