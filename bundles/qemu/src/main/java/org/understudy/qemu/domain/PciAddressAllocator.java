// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.understudy.qemu.domain.Device.Bus;
import org.understudy.qemu.domain.Device.Controller;
import org.understudy.qemu.domain.Device.GuestAddress.Pci;
import org.understudy.qemu.domain.Device.Nic;
import org.understudy.qemu.domain.Device.Place;
import org.understudy.qemu.domain.Device.RootPort;
import org.understudy.qemu.domain.Device.Simple;

/**
 * Allocates guest PCI addresses as a pure function of the domain, so that source and destination of a migration agree
 * without exchanging them. Changing this function breaks migrations between different versions of Understudy.
 *
 * <p>On q35, each device without an address gets its own root port on {@code pcie.0}, from slot 2 up. Root ports of the
 * definition without an address are placed from slot 0x10 up, by index, so that adding one moves no other device.
 * Conventional PCI devices are placed on the root bus, from slot 0x1e down; on i440fx all devices are, from slot 3 up.
 */
final class PciAddressAllocator {
    private static final Set<String> CONVENTIONAL = Set.of("e1000", "rtl8139", "VGA", "virtio-vga", "i6300esb");

    private final boolean pcie;
    private final Map<String, BusAddress> addresses = new LinkedHashMap<>();
    private final List<Port> ports = new ArrayList<>();
    private final Map<Integer, String> portIds = new TreeMap<>();
    private final Set<Integer> rootSlots = new HashSet<>();
    private final Set<Integer> chassis = new HashSet<>();
    private final List<String> conflicts = new ArrayList<>();
    private int implicitPorts;

    /** A bus and an address on it, in the syntax of {@code -device}. */
    record BusAddress(String bus, String addr, boolean multifunction) {
        List<String> options() {
            List<String> all = new ArrayList<>(List.of("bus=" + bus, "addr=" + addr));
            if (multifunction) {
                all.add("multifunction=on");
            }
            return all;
        }
    }

    /** A root port to be created. */
    record Port(String id, BusAddress address, int chassis, Optional<Integer> number, boolean hotplug) {}

    private PciAddressAllocator(boolean pcie) {
        this.pcie = pcie;
    }

    static PciAddressAllocator of(Domain domain) {
        PciAddressAllocator allocator = new PciAddressAllocator(domain.machine().pcie());
        allocator.reserve(domain);
        if (allocator.pcie) {
            allocator.rootPorts(domain);
        }
        pciDevices(domain).forEach(allocator::allocate);
        return allocator;
    }

    /** The address of a device. */
    BusAddress address(String id) {
        return addresses.get(id);
    }

    /** The root ports, function 0 of each slot first. */
    List<Port> ports() {
        return List.copyOf(ports);
    }

    /** Paths of addresses in the definition that are already in use, or on a bus that the machine type lacks. */
    List<String> conflicts() {
        return List.copyOf(conflicts);
    }

    private static List<Device> pciDevices(Domain domain) {
        return domain.devices().stream().filter(PciAddressAllocator::isPci).toList();
    }

    private static boolean isPci(Device device) {
        if (device instanceof Device.Disk disk) {
            return disk.bus().equals("virtio");
        }
        if (device instanceof Simple simple) {
            return simple.bus() == Bus.PCI;
        }
        return !(device instanceof RootPort
                || device instanceof Device.Serial
                || device instanceof Device.Channel
                || device instanceof Device.Vnc);
    }

    private void reserve(Domain domain) {
        rootSlots.addAll(Set.of(0, 1, 0x1f));
        if (!pcie) {
            rootSlots.add(2);
        }
        Set<String> used = new HashSet<>();
        for (Device device : domain.devices()) {
            device.place()
                    .address()
                    .filter(Pci.class::isInstance)
                    .map(Pci.class::cast)
                    .ifPresent(a -> {
                        boolean noSuchBus = a.bus() > 0 && !pcie;
                        if (noSuchBus || !used.add(a.bus() + ":" + a.slot() + "." + a.function())) {
                            conflicts.add(device.place().path() + "/address");
                        }
                        if (a.bus() == 0) {
                            rootSlots.add(a.slot());
                        }
                    });
        }
    }

    private void rootPorts(Domain domain) {
        Map<Integer, RootPort> byIndex = new TreeMap<>();
        domain.devices(RootPort.class).forEach(p -> byIndex.put(p.index(), p));
        for (Device device : pciDevices(domain)) {
            device.place()
                    .address()
                    .filter(Pci.class::isInstance)
                    .map(Pci.class::cast)
                    .ifPresent(a -> {
                        if (a.bus() > 0) {
                            byIndex.computeIfAbsent(a.bus(), PciAddressAllocator::impliedPort);
                        }
                    });
        }
        byIndex.values().forEach(p -> p.chassis().ifPresent(chassis::add));
        byIndex.values().forEach(this::explicitPort);
        ports.sort((a, b) -> a.address().addr().compareTo(b.address().addr()));
    }

    /** Adds the root port that an address refers to, as libvirt does. */
    private static RootPort impliedPort(int index) {
        Place place = new Place("/domain/devices", "pci." + index, Optional.empty());
        return new RootPort(place, index, Optional.empty(), Optional.empty(), true);
    }

    private void explicitPort(RootPort port) {
        BusAddress address = port.place()
                .address()
                .filter(Pci.class::isInstance)
                .map(Pci.class::cast)
                .map(this::explicit)
                .orElseGet(() -> portAddress(0x10, port.index() - 1));
        int number = port.chassis().orElseGet(() -> freeChassis(port.index()));
        ports.add(new Port(port.id(), address, number, port.port(), port.hotplug()));
        portIds.put(port.index(), port.id());
    }

    /** Eight ports share a slot of the root bus. */
    private BusAddress portAddress(int firstSlot, int position) {
        int slot = firstSlot + position / 8;
        Set<Integer> blocked = new HashSet<>(rootSlots);
        for (int s = firstSlot; s <= slot && slot < 0x1f; s++) {
            if (blocked.contains(s)) {
                slot++;
            }
        }
        int function = position % 8;
        return new BusAddress("pcie.0", "0x%02x.%d".formatted(slot, function), function == 0);
    }

    private int freeChassis(int preferred) {
        int number = preferred;
        while (!chassis.add(number)) {
            number = number >= 255 ? 1 : number + 1;
        }
        return number;
    }

    private BusAddress explicit(Pci a) {
        String bus = a.bus() == 0 ? rootBus() : portIds.getOrDefault(a.bus(), rootBus());
        return new BusAddress(bus, "0x%02x.%d".formatted(a.slot(), a.function()), a.multifunction());
    }

    private String rootBus() {
        return pcie ? "pcie.0" : "pci.0";
    }

    private void allocate(Device device) {
        Optional<Pci> given =
                device.place().address().filter(Pci.class::isInstance).map(Pci.class::cast);
        BusAddress address = given.map(this::explicit).orElseGet(() -> {
            if (!pcie) {
                return rootAddress(3, 1);
            }
            return CONVENTIONAL.contains(driver(device)) ? rootAddress(0x1e, -1) : newRootPort();
        });
        addresses.put(device.id(), address);
    }

    private static String driver(Device device) {
        if (device instanceof Nic nic) {
            return nic.model();
        }
        if (device instanceof Controller controller) {
            return controller.driver();
        }
        return device instanceof Simple simple ? simple.driver() : "";
    }

    private BusAddress rootAddress(int from, int step) {
        int slot = from;
        while (!rootSlots.add(slot)) {
            slot += step;
        }
        return new BusAddress(rootBus(), "0x%02x.0".formatted(slot), false);
    }

    private BusAddress newRootPort() {
        String id = "port.auto" + implicitPorts;
        ports.add(
                new Port(id, portAddress(2, implicitPorts), freeChassis(200 + implicitPorts), Optional.empty(), true));
        implicitPorts++;
        return new BusAddress(id, "0x00.0", false);
    }
}
