// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** Whether {@code vfio-pci} could take a VF, or what is in the way first. */
public enum VfioReadiness {
    READY("nothing is in the way"),
    NO_IOMMU("the IOMMU is off"),
    NO_DRIVER("vfio-pci is not loaded"),
    NO_OVERRIDE("the kernel takes no driver_override"),
    GROUP_SHARED("the host uses another function of its IOMMU group"),
    UNKNOWN("the host does not tell");

    private final String words;

    VfioReadiness(String words) {
        this.words = words;
    }

    /** For people. */
    public String words() {
        return words;
    }

    /** Something is in the way; not knowing is no obstacle. */
    public boolean isObstacle() {
        return this != READY && this != UNKNOWN;
    }
}
