// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * A PCI function of a guest, as QEMU reports it.
 *
 * @param mapped whether the guest has assigned an address to one of its BARs
 */
record QomPciDevice(String id, boolean mapped) {

    /** Searches behind bridges too. Source: QAPI PciInfo, PciDeviceInfo. */
    static Optional<QomPciDevice> find(JsonNode devices, String id) {
        for (JsonNode device : devices) {
            if (device.path("qdev_id").asText().equals(id)) {
                return Optional.of(new QomPciDevice(id, isMapped(device.path("regions"))));
            }
            Optional<QomPciDevice> behind =
                    find(device.path("pci_bridge").path("devices"), id).or(() -> find(device.path("devices"), id));
            if (behind.isPresent()) {
                return behind;
            }
        }
        return Optional.empty();
    }

    /** QEMU prints -1 for a BAR whose decoding is off. */
    private static boolean isMapped(JsonNode regions) {
        for (JsonNode region : regions) {
            if (region.path("address").asLong(-1) != -1) {
                return true;
            }
        }
        return false;
    }
}
