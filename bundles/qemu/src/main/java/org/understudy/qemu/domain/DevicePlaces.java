// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.qemu.domain.Device.GuestAddress;
import org.understudy.qemu.domain.Device.Place;

/** Assigns an id and a guest address to each device of one definition. */
final class DevicePlaces {
    private final FindingCollector collector;
    /** The number of assigned ids by kind. */
    private final Map<String, Integer> counters = new HashMap<>();

    DevicePlaces(FindingCollector collector) {
        this.collector = collector;
    }

    /**
     * The place of a device. Its id is the alias, or else the next free id of its kind.
     *
     * @param addressType the supported address type, such as {@code pci}
     */
    Place of(StrictElement element, String kind, String addressType) {
        Optional<String> alias = element.child("alias").flatMap(a -> a.attribute("name"));
        alias.filter(a -> !a.matches("[A-Za-z][A-Za-z0-9._-]*"))
                .ifPresent(a -> collector.unsupported(
                        element.path() + "/alias",
                        a,
                        "Start the alias with a letter; use only letters, digits, '.', '_' and '-'."));
        String next = nextId(kind);
        return new Place(
                element.path(), alias.orElse(next), element.child("address").flatMap(a -> address(a, addressType)));
    }

    String nextId(String kind) {
        return kind + (counters.merge(kind, 1, Integer::sum) - 1);
    }

    private Optional<GuestAddress> address(StrictElement address, String type) {
        return switch (address.choice("type", type)) {
            case "pci" -> pciAddress(address);
            case "drive" ->
                Optional.of(new GuestAddress.Drive(
                        address.number("controller").orElse(0),
                        address.number("bus").orElse(0),
                        address.number("target").orElse(0),
                        address.number("unit").orElse(0)));
            default -> {
                address.ignore();
                collector.notice(address.path(), "The " + type + " address is ignored: QEMU assigns it");
                yield Optional.empty();
            }
        };
    }

    /** An address of zeros alone means any address, as in libvirt. */
    private static Optional<GuestAddress> pciAddress(StrictElement address) {
        address.requireFixed("domain", 0);
        int bus = address.number("bus").orElse(0);
        int slot = address.number("slot").orElse(0);
        int function = address.number("function").orElse(0);
        Optional<Boolean> multifunction =
                address.attribute("multifunction").map(m -> address.flag("multifunction", false));
        return bus == 0 && slot == 0 && function == 0
                ? Optional.empty()
                : Optional.of(new GuestAddress.Pci(bus, slot, function, multifunction));
    }
}
