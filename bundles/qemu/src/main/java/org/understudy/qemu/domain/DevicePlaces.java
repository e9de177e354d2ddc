// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.qemu.domain.Device.GuestAddress;
import org.understudy.qemu.domain.Device.Place;

/** Gives each device of one definition its id and its address in the guest. */
final class DevicePlaces {
    private final FindingCollector collector;
    /** How many ids of each kind are taken. */
    private final Map<String, Integer> counters = new HashMap<>();

    DevicePlaces(FindingCollector collector) {
        this.collector = collector;
    }

    /**
     * The place of a device: its alias, or the next id of its kind.
     *
     * @param addressType of the addresses it can have, such as {@code pci}
     */
    Place of(StrictElement element, String kind, String addressType) {
        Optional<String> alias = element.child("alias").flatMap(a -> a.attribute("name"));
        alias.filter(a -> !a.matches("[A-Za-z][A-Za-z0-9._-]*"))
                .ifPresent(a -> collector.unsupported(
                        element.path() + "/alias", a, "Begin with a letter; use letters, digits, '.', '_' and '-'."));
        String next = next(kind);
        return new Place(
                element.path(), alias.orElse(next), element.child("address").flatMap(a -> address(a, addressType)));
    }

    String next(String kind) {
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
                collector.notice(address.path(), "QEMU chooses the " + type + " address itself");
                yield Optional.empty();
            }
        };
    }

    private Optional<GuestAddress> pciAddress(StrictElement address) {
        address.fixed("domain", 0);
        if (address.attribute("slot").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new GuestAddress.Pci(
                address.number("bus").orElse(0),
                address.number("slot").orElse(0),
                address.number("function").orElse(0),
                address.flag("multifunction", false)));
    }
}
