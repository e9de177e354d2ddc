// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
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
 * <p>On q35, each device without an address gets its own root port on {@code pcie.0}, from slot 2 up. The root ports 1
 * to N exist, as with libvirt, where N is the highest index of a root port or bus in the definition. Those without an
 * address use the slots of root ports that have one, then slots from 0x10 up, by index, so that adding one moves no
 * other device. Conventional PCI devices are placed on the root bus, from slot 0x1e down; on i440fx all devices are,
 * from slot 3 up.
 */
final class PciAddressAllocator {
    private static final Set<String> CONVENTIONAL =
            Set.of("e1000", "rtl8139", "VGA", "virtio-vga", "qxl-vga", "qxl", "i6300esb", "piix3-usb-uhci");
    private static final int MOST_CHASSIS = 256;

    private final Domain domain;
    private final boolean pcie;
    private final RootBus root;
    private final RootBus.Places implicitPlaces;
    private final Map<String, BusAddress> addresses = new LinkedHashMap<>();
    private final List<Port> ports = new ArrayList<>();
    private final Map<Integer, String> portIds = new TreeMap<>();
    /** The buses behind root ports whose slot 0 has more than one function. */
    private final Set<Integer> shared = new TreeSet<>();

    private final Set<Integer> chassis = new TreeSet<>();
    private final List<String> shortages = new ArrayList<>();
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
    record Port(String driver, String id, BusAddress address, int chassis, Optional<Integer> number, boolean hotplug) {}

    private PciAddressAllocator(Domain domain) {
        this.domain = domain;
        this.pcie = domain.machine().pcie();
        this.root = new RootBus(domain);
        domain.devices().stream()
                .flatMap(d -> d.place().pci().stream())
                .filter(a -> a.function() > 0)
                .forEach(a -> shared.add(a.bus()));
        this.implicitPlaces = root.new Places(List.of(), upFrom(2));
    }

    static PciAddressAllocator of(Domain domain) {
        PciAddressAllocator allocator = new PciAddressAllocator(domain);
        if (allocator.pcie) {
            allocator.rootPorts();
        }
        domain.devices().stream().filter(PciAddressAllocator::isPci).forEach(allocator::allocate);
        allocator.ports.sort((a, b) -> a.address().addr().compareTo(b.address().addr()));
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

    /** Paths of devices for which the machine has no free address. */
    List<String> shortages() {
        return List.copyOf(shortages);
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

    private void rootPorts() {
        Map<Integer, RootPort> byIndex = new TreeMap<>();
        domain.devices(RootPort.class).forEach(p -> byIndex.put(p.index(), p));
        int last = IntStream.concat(
                        byIndex.keySet().stream().mapToInt(Integer::intValue),
                        domain.devices().stream()
                                .flatMap(d -> d.place().pci().stream())
                                .mapToInt(Pci::bus))
                .filter(bus -> bus <= PciRules.LAST_BUS)
                .max()
                .orElse(0);
        IntStream.rangeClosed(1, last).forEach(i -> byIndex.computeIfAbsent(i, PciAddressAllocator::impliedPort));
        byIndex.values().forEach(p -> p.chassis().ifPresent(chassis::add));
        RootBus.Places places = root
        .new Places(
                root.besideRootPorts(domain),
                IntStream.concat(IntStream.of(upFrom(0x10)), IntStream.of(downFrom(0xf)))
                        .toArray());
        Map<Integer, Optional<Pci>> placed = new TreeMap<>();
        byIndex.forEach((index, port) -> placed.put(index, port.place().pci().or(places::next)));
        byIndex.forEach((index, port) -> explicitPort(port, placed.get(index)));
    }

    /** A root port that only the numbers of others imply; libvirt adds it, too. */
    private static RootPort impliedPort(int index) {
        Place place = new Place("/domain/devices", "pci." + index, Optional.empty());
        return new RootPort(place, RootPort.GENERIC, index, Optional.empty(), Optional.empty(), true);
    }

    private void explicitPort(RootPort port, Optional<Pci> address) {
        OptionalInt number = port.chassis().map(OptionalInt::of).orElseGet(() -> freeChassis(port.index()));
        if (address.isEmpty() || number.isEmpty()) {
            shortages.add(port.place().path());
        } else {
            ports.add(new Port(
                    port.driver(), port.id(), explicit(address.get()), number.getAsInt(), port.port(), port.hotplug()));
        }
        portIds.put(port.index(), port.id());
    }

    private OptionalInt freeChassis(int preferred) {
        return IntStream.range(0, MOST_CHASSIS)
                .map(i -> Math.floorMod(preferred + i, MOST_CHASSIS))
                .filter(number -> number > 0 && chassis.add(number))
                .findFirst();
    }

    private BusAddress explicit(Pci a) {
        String bus = a.bus() == 0 ? root.name() : portIds.getOrDefault(a.bus(), root.name());
        boolean first =
                a.function() == 0 && (a.bus() == 0 ? root.hasOtherFunctions(a.slot()) : shared.contains(a.bus()));
        return new BusAddress(
                bus,
                "0x%02x.%d".formatted(a.slot(), a.function()),
                a.multifunction().orElse(first));
    }

    private void allocate(Device device) {
        device.place()
                .pci()
                .map(this::explicit)
                .or(() -> free(device))
                .ifPresentOrElse(
                        address -> addresses.put(device.id(), address),
                        () -> shortages.add(device.place().path()));
    }

    private Optional<BusAddress> free(Device device) {
        if (!pcie) {
            return rootAddress(upFrom(3));
        }
        return CONVENTIONAL.contains(driver(device)) ? rootAddress(downFrom(0x1e)) : newRootPort();
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

    private static int[] upFrom(int first) {
        return IntStream.rangeClosed(first, 0x1e).toArray();
    }

    private static int[] downFrom(int last) {
        return IntStream.rangeClosed(2, last).map(slot -> last + 2 - slot).toArray();
    }

    private Optional<BusAddress> rootAddress(int... order) {
        OptionalInt slot = root.take(order);
        return slot.isEmpty()
                ? Optional.empty()
                : Optional.of(explicit(new Pci(0, slot.getAsInt(), 0, Optional.empty())));
    }

    private Optional<BusAddress> newRootPort() {
        Optional<Pci> address = implicitPlaces.next();
        OptionalInt number = address.isEmpty() ? OptionalInt.empty() : freeChassis(200 + implicitPorts);
        if (number.isEmpty()) {
            return Optional.empty();
        }
        String id = "port.auto" + implicitPorts++;
        ports.add(new Port(RootPort.GENERIC, id, explicit(address.get()), number.getAsInt(), Optional.empty(), true));
        return Optional.of(new BusAddress(id, "0x00.0", false));
    }
}
