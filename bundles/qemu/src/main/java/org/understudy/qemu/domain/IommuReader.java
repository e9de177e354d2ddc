// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.understudy.qemu.domain.Device.Bus;
import org.understudy.qemu.domain.Device.Place;
import org.understudy.qemu.domain.Device.Simple;

/** Reads {@code <iommu>}. Source: qemuBuildIOMMUCommandLine in libvirt. */
final class IommuReader {
    static final String DRIVER = "intel-iommu";
    /** Interrupt remapping of KVM needs the I/O APIC of QEMU. Source: qemuValidateDomainDeviceDefIOMMU in libvirt. */
    static final String SPLIT_IRQCHIP = "kernel_irqchip=split";

    /** The options of QEMU, by the attributes of {@code <driver>}. */
    private static final Map<String, String> SWITCHES = new TreeMap<>(
            Map.of("intremap", "intremap", "caching_mode", "caching-mode", "eim", "eim", "iotlb", "device-iotlb"));

    private IommuReader() {}

    static Device read(StrictElement element, DevicePlaces places, boolean pcie) {
        element.choice("model", "intel");
        if (!pcie) {
            element.collector().unsupported(element.path(), "", "Use q35: other machines have no virtual IOMMU.");
        }
        List<String> properties = new ArrayList<>();
        element.child("driver").ifPresent(driver -> {
            SWITCHES.forEach((attribute, option) -> {
                if (driver.attribute(attribute).isPresent()) {
                    properties.add(option + "=" + driver.choice(attribute, "on", "off"));
                }
            });
            driver.number("aw_bits").ifPresent(bits -> properties.add("aw-bits=" + bits));
        });
        Place place = new Place(element.path(), places.nextId("iommu"), Optional.empty());
        return new Simple(place, DRIVER, Bus.NONE, properties);
    }

    static boolean lacksSplitIrqchip(Domain domain) {
        return domain.kvm()
                && !domain.machine().properties().contains(SPLIT_IRQCHIP)
                && domain.devices(Simple.class)
                        .anyMatch(
                                d -> d.driver().equals(DRIVER) && d.properties().contains("intremap=on"));
    }
}
