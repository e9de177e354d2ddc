// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.understudy.qemu.domain.Device.GuestAddress.Drive;
import org.understudy.qemu.domain.Device.Place;

/** Places the disks of a definition on SCSI, SATA and IDE controllers. */
final class DrivePlaces {
    /** Units of a SCSI bus that libvirt uses for disks without an address. */
    private static final int NARROW_SCSI = 7;

    private static final int LAST_SCSI_CONTROLLER = 255;
    /** Source: QEMU {@code hw/scsi/virtio-scsi.c}. */
    private static final int LAST_TARGET = 255;

    private static final int LAST_LUN = 16383;
    /** Ports of the SATA controller of q35. */
    private static final int SATA_PORTS = 6;

    private final DevicePlaces places;
    private final FindingCollector collector;
    private final Set<String> used = new HashSet<>();
    private int lastScsiController = -1;

    DrivePlaces(DevicePlaces places, FindingCollector collector) {
        this.places = places;
        this.collector = collector;
    }

    /** The highest SCSI controller of a disk; -1 without SCSI disks. */
    int lastScsiController() {
        return lastScsiController;
    }

    /** Checks the parts of a drive address that QEMU does not support on this bus. */
    private static void fixedParts(StrictElement address, String bus) {
        if (bus.equals("sata") || bus.equals("ide")) {
            address.requireFixed("controller", 0);
            address.requireFixed("target", 0);
        }
        if (bus.equals("sata") || bus.equals("scsi")) {
            address.requireFixed("bus", 0);
        }
    }

    /** A disk without an address is placed by its target. Source: virDomainDiskDefAssignAddress in libvirt. */
    Place of(StrictElement element, String bus, int position) {
        element.child("address").ifPresent(address -> fixedParts(address, bus));
        Place place = places.of(element, bus + "-disk", "drive");
        Drive drive = place.address()
                .filter(Drive.class::isInstance)
                .map(Drive.class::cast)
                .orElseGet(() -> switch (bus) {
                    case "scsi" -> new Drive(position / NARROW_SCSI, 0, 0, position % NARROW_SCSI);
                    case "ide" -> new Drive(position / 4, position % 4 / 2, 0, position % 2);
                    default -> new Drive(position / SATA_PORTS, 0, 0, position % SATA_PORTS);
                });
        if (!exists(bus, drive) || !used.add(bus + drive)) {
            collector.unsupported(
                    element.path() + (place.address().isPresent() ? "/address" : "/target/@dev"),
                    "",
                    "Set a %s address that exists and that no other disk has.".formatted(bus));
        } else if (bus.equals("scsi")) {
            lastScsiController = Math.max(lastScsiController, drive.controller());
        }
        return new Place(place.path(), place.id(), Optional.of(drive));
    }

    private static boolean exists(String bus, Drive drive) {
        return switch (bus) {
            case "scsi" ->
                in(drive.controller(), LAST_SCSI_CONTROLLER)
                        && in(drive.target(), LAST_TARGET)
                        && in(drive.unit(), LAST_LUN);
            case "ide" -> drive.controller() == 0 && in(drive.bus(), 1) && in(drive.unit(), 1);
            default -> drive.controller() == 0 && in(drive.unit(), SATA_PORTS - 1);
        };
    }

    private static boolean in(int value, int last) {
        return value >= 0 && value <= last;
    }
}
