// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.qemu.domain.Device.Disk;
import org.understudy.qemu.domain.Device.Nic;
import org.understudy.qemu.domain.Device.PassedThrough;

/** The boot order of the devices. */
final class BootIndexes {
    private final Map<String, Integer> byId = new HashMap<>();

    private BootIndexes() {}

    static BootIndexes of(Domain domain) {
        BootIndexes indexes = new BootIndexes();
        domain.devices().forEach(d -> order(d).ifPresent(o -> indexes.byId.put(d.id(), o)));
        for (String boot : domain.bootDevices()) {
            first(domain, boot).ifPresent(id -> indexes.byId.putIfAbsent(id, indexes.byId.size() + 1));
        }
        return indexes;
    }

    /** The boot order that the element of a device sets. */
    static Optional<Integer> order(Device device) {
        if (device instanceof Disk disk) {
            return disk.bootOrder();
        }
        if (device instanceof Nic nic) {
            return nic.bootOrder();
        }
        return device instanceof PassedThrough vf ? vf.bootOrder() : Optional.empty();
    }

    private static Optional<String> first(Domain domain, String boot) {
        return switch (boot) {
            case "hd" ->
                domain.devices(Disk.class)
                        .filter(d -> !d.cdrom())
                        .map(Device::id)
                        .findFirst();
            case "cdrom" ->
                domain.devices(Disk.class).filter(Disk::cdrom).map(Device::id).findFirst();
            default ->
                domain.devices().stream()
                        .filter(BootIndexes::isInterface)
                        .map(Device::id)
                        .findFirst();
        };
    }

    /** Also an interface that is a VF, but no other host device. */
    private static boolean isInterface(Device device) {
        return device instanceof Nic
                || device instanceof PassedThrough && device.place().path().startsWith("/domain/devices/interface");
    }

    OptionalInt of(Device device) {
        Integer index = byId.get(device.id());
        return index == null ? OptionalInt.empty() : OptionalInt.of(index);
    }
}
