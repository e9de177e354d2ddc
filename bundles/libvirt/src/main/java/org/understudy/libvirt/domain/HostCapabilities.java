// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Optional;
import java.util.Set;

/**
 * libvirt's capabilities document. Source: libvirt's formatcaps.
 *
 * @param machines machine types and aliases for guests of the host's own architecture
 * @param accelerator {@code kvm} or {@code tcg}; empty for a driver that is not QEMU's
 * @param securityModels the security models of the host, such as {@code apparmor}
 * @param iommu whether the IOMMU is on; empty before libvirt 4.7
 */
public record HostCapabilities(
        Set<String> machines, Optional<String> accelerator, Set<String> securityModels, Optional<Boolean> iommu) {

    /** @param xml result of virConnectGetCapabilities */
    public static HostCapabilities of(String xml) {
        LibvirtXml document = LibvirtXml.parse(xml);
        String arch = document.values("/capabilities/host/cpu/arch").stream()
                .findFirst()
                .orElse("x86_64");
        String guests = "/capabilities/guest/arch[@name='" + arch.replace("'", "") + "']";
        return new HostCapabilities(
                document.values(guests + "//machine | " + guests + "//machine/@canonical"),
                accelerator(document.values(guests + "/domain/@type")),
                document.values("/capabilities/host/secmodel/model"),
                document.values("/capabilities/host/iommu/@support").stream()
                        .findFirst()
                        .map("yes"::equals));
    }

    private static Optional<String> accelerator(Set<String> types) {
        if (types.contains("kvm")) {
            return Optional.of("kvm");
        }
        return types.contains("qemu") ? Optional.of("tcg") : Optional.empty();
    }
}
