// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.qemu.domain.Device.Controller;
import org.understudy.qemu.domain.Device.GuestAddress;
import org.understudy.qemu.domain.Device.Place;
import org.understudy.qemu.domain.Device.RootPort;

/** Reads {@code <controller>}. */
final class ControllerReader {
    /** The limit of libvirt and QEMU for a USB 3 controller. */
    private static final int MOST_XHCI_PORTS = 15;

    private final DevicePlaces places;
    private final FindingCollector collector;
    private final boolean pcie;
    /** The indexes in use, by type. */
    private final Map<String, Set<Integer>> indexes = new HashMap<>();
    /** Below it, every index is in use. */
    private final Map<String, Integer> lowest = new HashMap<>();

    private final Set<String> seen = new HashSet<>();
    private boolean withoutUsb;

    ControllerReader(List<StrictElement> controllers, DevicePlaces places, FindingCollector collector, boolean pcie) {
        this.places = places;
        this.collector = collector;
        this.pcie = pcie;
        used("pci").add(0);
        controllers.forEach(c -> c.number("index")
                .ifPresent(i -> used(c.attribute("type").orElse("")).add(i)));
    }

    private Set<Integer> used(String type) {
        return indexes.computeIfAbsent(type, t -> new HashSet<>());
    }

    /** True if the definition has a USB controller with model none. */
    boolean withoutUsb() {
        return withoutUsb;
    }

    /** Empty for a controller that the machine has anyway. */
    Optional<Device> read(StrictElement element) {
        String type = element.choice("type", "pci", "scsi", "virtio-serial", "sata", "ide", "usb");
        boolean root =
                type.equals("pci") && element.attribute("model").orElse("").endsWith("-root");
        int index = element.number("index").orElseGet(() -> root ? 0 : lowestFree(type));
        // Root ports have rules of their own.
        if (!type.equals("pci") && !seen.add(type + index) || index < 0) {
            collector.unsupported(
                    element.path() + "/@index",
                    String.valueOf(index),
                    "Set the attribute 'index' to a number that no other controller has.");
        }
        return switch (type) {
            case "pci" -> pci(element, index);
            case "scsi" -> Optional.of(scsi(element, index));
            case "virtio-serial" -> Optional.of(virtioSerial(element, index));
            case "usb" -> usb(element, index);
            default -> builtIn(element, index, type);
        };
    }

    /** The lowest index that no controller of the type has, as libvirt assigns it. */
    private int lowestFree(String type) {
        int index = lowest.getOrDefault(type, 0);
        while (!used(type).add(index)) {
            index++;
        }
        lowest.put(type, index);
        return index;
    }

    private Controller scsi(StrictElement element, int index) {
        if (element.attribute("model").isEmpty()) {
            collector.warning(
                    element.path() + "/@model",
                    element.path() + " has no model: it is a virtio-scsi controller; libvirt would use lsilogic",
                    "Set model='virtio-scsi'.");
        }
        element.choice("model", "virtio-scsi");
        List<String> properties = element.child("driver").flatMap(d -> d.number("queues")).stream()
                .map(q -> "num_queues=" + q)
                .toList();
        return new Controller(places.of(element, "scsi", "pci"), "scsi", index, "virtio-scsi-pci", properties);
    }

    private Controller virtioSerial(StrictElement element, int index) {
        List<String> properties =
                element.number("ports").stream().map(p -> "max_ports=" + p).toList();
        Place place = places.of(element, "virtio-serial", "pci");
        return new Controller(place, "virtio-serial", index, "virtio-serial-pci", properties);
    }

    private Optional<Device> builtIn(StrictElement element, int index, String type) {
        element.child("alias").ifPresent(StrictElement::ignore);
        if (type.equals("ide")) {
            element.choice("model", "piix3");
        }
        element.child("address").ifPresent(address -> {
            address.choice("type", "pci");
            address.requireFixed("domain", 0);
            address.requireFixed("bus", 0);
            address.requireFixed("slot", pcie ? 0x1f : 1);
            address.requireFixed("function", pcie ? 2 : 1);
        });
        if (index != 0 || pcie != type.equals("sata")) {
            collector.unsupported(
                    element.path(),
                    type + " controller " + index,
                    "Use the controller of the machine type: sata 0 on q35, ide 0 on pc.");
        }
        return Optional.empty();
    }

    private Optional<Device> usb(StrictElement element, int index) {
        // Source: qemuDomainControllerDefPostParse in libvirt.
        String model = element.attribute("model").orElse("piix3-uhci");
        return switch (model) {
            case "none" -> {
                withoutUsb = true;
                element.child("alias").ifPresent(StrictElement::ignore);
                yield Optional.empty();
            }
            case "qemu-xhci" -> Optional.of(usb3(element, index, model));
            case "nec-xhci" -> Optional.of(usb3(element, index, "nec-usb-xhci"));
            case "piix3-uhci" -> {
                Place place = places.of(element, "usb", "pci");
                yield Optional.of(new Controller(
                        index == 0 && !pcie ? uhciOfPc(place) : place, "usb", index, "piix3-usb-uhci", List.of()));
            }
            default -> {
                collector.unsupported(
                        element.path() + "/@model", model, "Use qemu-xhci, nec-xhci, piix3-uhci or none.");
                element.ignore();
                yield Optional.empty();
            }
        };
    }

    /** libvirt places the first USB controller of a pc machine beside the ISA bridge. */
    static Place uhciOfPc(Place place) {
        return place.address().isPresent()
                ? place
                : new Place(place.path(), place.id(), Optional.of(new GuestAddress.Pci(0, 1, 2, Optional.empty())));
    }

    private Controller usb3(StrictElement element, int index, String driver) {
        List<String> properties = element.number("ports").stream()
                .flatMap(p -> List.of("p2=" + p, "p3=" + p).stream())
                .toList();
        element.number("ports")
                .filter(p -> p < 1 || p > MOST_XHCI_PORTS)
                .ifPresent(p -> collector.unsupported(
                        element.path() + "/@ports", String.valueOf(p), "Use 1 to " + MOST_XHCI_PORTS + " ports."));
        return new Controller(places.of(element, "usb", "pci"), "usb", index, driver, properties);
    }

    private Optional<Device> pci(StrictElement element, int index) {
        String model = element.attribute("model").orElse(pcie ? "pcie-root" : "pci-root");
        if (!List.of(pcie ? "pcie-root" : "pci-root", RootPort.GENERIC).contains(model)) {
            collector.unsupported(
                    element.path() + "/@model", model, "Use q35, and pcie-root-port controllers for its devices.");
            element.ignore();
            return Optional.empty();
        }
        if (model.equals("pcie-root-port") && pcie) {
            String driver = element.child("model")
                    .map(m -> m.choice("name", RootPort.GENERIC, "ioh3420"))
                    .orElse(RootPort.GENERIC);
            Optional<StrictElement> target = element.child("target");
            return Optional.of(new RootPort(
                    places.of(element, "port", "pci"),
                    driver,
                    index,
                    target.flatMap(t -> t.number("chassis")),
                    target.flatMap(t -> t.number("port")),
                    target.map(t -> t.flag("hotplug", true)).orElse(true)));
        }
        if (index != 0 || model.equals("pcie-root-port")) {
            collector.unsupported(element.path(), model + " " + index, "Use q35 with pcie-root-port controllers.");
        } else {
            element.child("alias").ifPresent(StrictElement::ignore);
        }
        return Optional.empty();
    }
}
