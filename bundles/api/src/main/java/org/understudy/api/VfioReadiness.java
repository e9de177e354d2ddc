// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** Whether {@code vfio-pci} can bind a VF, or the first thing that prevents it. */
public enum VfioReadiness {
    /** {@code vfio-pci} can bind the VF. */
    READY("VFIO can bind it"),
    /** The IOMMU of the host is off. */
    NO_IOMMU("the IOMMU is off"),
    /** The module {@code vfio-pci} is not loaded. */
    NO_DRIVER("vfio-pci is not loaded"),
    /** The kernel has no {@code driver_override}. */
    NO_OVERRIDE("the kernel does not support driver_override"),
    /** The host uses another device of the VF's IOMMU group. */
    GROUP_SHARED("the host uses another function of its IOMMU group"),
    /** The host does not report it. */
    UNKNOWN("the host does not report it");

    private final String words;

    VfioReadiness(String words) {
        this.words = words;
    }

    /** {@return the state in words, for users} */
    public String words() {
        return words;
    }

    /** {@return true if the VF cannot be bound; false also if that is unknown} */
    public boolean isObstacle() {
        return this != READY && this != UNKNOWN;
    }
}
