// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * One PCI function of the guest.
 *
 * @param id the device id; empty if it has none
 * @param bus number that the firmware or guest assigned to the bus
 * @param mapped true if the guest has mapped at least one BAR
 */
public record PciDevice(String id, int bus, int slot, int function, boolean mapped) {
    /** All functions, also those behind bridges. Source: QAPI PciInfo. */
    static List<PciDevice> read(JsonNode buses) {
        List<PciDevice> found = new ArrayList<>();
        buses.forEach(bus -> collect(bus.path("devices"), found));
        return List.copyOf(found);
    }

    private static void collect(JsonNode devices, List<PciDevice> found) {
        for (JsonNode device : devices) {
            found.add(new PciDevice(
                    device.path("qdev_id").asText(),
                    device.path("bus").asInt(),
                    device.path("slot").asInt(),
                    device.path("function").asInt(),
                    isMapped(device.path("regions"))));
            collect(device.path("pci_bridge").path("devices"), found);
        }
    }

    /** QEMU reports -1 for a BAR that is not decoded. */
    private static boolean isMapped(JsonNode regions) {
        for (JsonNode region : regions) {
            if (region.path("address").asLong(-1) != -1) {
                return true;
            }
        }
        return false;
    }
}
