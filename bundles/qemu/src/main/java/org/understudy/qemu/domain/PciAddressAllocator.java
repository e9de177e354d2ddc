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
 * The guest's PCI addresses: a pure function of the domain, so that the source and the destination of a migration agree
 * without exchanging them. Changing this function breaks migrations between different versions of Understudy.
 *
 * <p>On q35 an addressless device gets a root port of its own, on {@code pcie.0} from slot 2 up; root ports of the
 * definition without an address stand from slot 0x10 up, by their index, so that adding one moves no other device.
 * Conventional PCI devices stand on the root bus, from slot 0x1e down; on i440fx all do, from slot 3 up.
 */
final class PciAddressAllocator {
    private static final Set<String> CONVENTIONAL = Set.of("e1000", "rtl8139", "VGA", "virtio-vga", "i6300esb");

    private final boolean pcie;
    private final Map<String, Seat> seats = new LinkedHashMap<>();
    private final List<Port> ports = new ArrayList<>();
    private final Map<Integer, String> portIds = new TreeMap<>();
    private final Set<Integer> rootSlots = new HashSet<>();
    private final Set<Integer> chassis = new HashSet<>();
    private final List<String> conflicts = new ArrayList<>();
    private int implicitPorts;

    /** A bus and an address on it, as {@code -device} takes them. */
    record Seat(String bus, String addr, boolean multifunction) {
        List<String> options() {
            List<String> all = new ArrayList<>(List.of("bus=" + bus, "addr=" + addr));
            if (multifunction) {
                all.add("multifunction=on");
            }
            return all;
        }
    }

    /** A root port to be made, in an order that puts function 0 first. */
    record Port(String id, Seat seat, int chassis, Optional<Integer> number, boolean hotplug) {}

    private PciAddressAllocator(boolean pcie) {
        this.pcie = pcie;
    }

    static PciAddressAllocator of(Domain domain) {
        PciAddressAllocator allocator = new PciAddressAllocator(domain.machine().pcie());
        allocator.reserve(domain);
        if (allocator.pcie) {
            allocator.rootPorts(domain);
        }
        pciDevices(domain).forEach(allocator::seat);
        return allocator;
    }

    /** Where a device sits. */
    Seat seat(String id) {
        return seats.get(id);
    }

    List<Port> ports() {
        return List.copyOf(ports);
    }

    /** Paths of the definition that name an address already taken, or a bus the machine does not have. */
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
        Set<String> taken = new HashSet<>();
        for (Device device : domain.devices()) {
            device.place()
                    .address()
                    .filter(Pci.class::isInstance)
                    .map(Pci.class::cast)
                    .ifPresent(a -> {
                        boolean noSuchBus = a.bus() > 0 && !pcie;
                        if (noSuchBus || !taken.add(a.bus() + ":" + a.slot() + "." + a.function())) {
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
                            byIndex.computeIfAbsent(a.bus(), PciAddressAllocator::unwritten);
                        }
                    });
        }
        byIndex.values().forEach(p -> p.chassis().ifPresent(chassis::add));
        byIndex.values().forEach(this::explicitPort);
        ports.sort((a, b) -> a.seat().addr().compareTo(b.seat().addr()));
    }

    /** libvirt adds the controllers that addresses speak of; so do we. */
    private static RootPort unwritten(int index) {
        Place place = new Place("/domain/devices", "pci." + index, Optional.empty());
        return new RootPort(place, index, Optional.empty(), Optional.empty(), true);
    }

    private void explicitPort(RootPort port) {
        Seat seat = port.place()
                .address()
                .filter(Pci.class::isInstance)
                .map(Pci.class::cast)
                .map(this::explicit)
                .orElseGet(() -> portSeat(0x10, port.index() - 1));
        int number = port.chassis().orElseGet(() -> freeChassis(port.index()));
        ports.add(new Port(port.id(), seat, number, port.port(), port.hotplug()));
        portIds.put(port.index(), port.id());
    }

    /** Eight ports share a slot of the root bus. */
    private Seat portSeat(int firstSlot, int position) {
        int slot = firstSlot + position / 8;
        Set<Integer> blocked = new HashSet<>(rootSlots);
        for (int s = firstSlot; s <= slot && slot < 0x1f; s++) {
            if (blocked.contains(s)) {
                slot++;
            }
        }
        int function = position % 8;
        return new Seat("pcie.0", "0x%02x.%d".formatted(slot, function), function == 0);
    }

    private int freeChassis(int wanted) {
        int number = wanted;
        while (!chassis.add(number)) {
            number = number >= 255 ? 1 : number + 1;
        }
        return number;
    }

    private Seat explicit(Pci a) {
        String bus = a.bus() == 0 ? rootBus() : portIds.getOrDefault(a.bus(), rootBus());
        return new Seat(bus, "0x%02x.%d".formatted(a.slot(), a.function()), a.multifunction());
    }

    private String rootBus() {
        return pcie ? "pcie.0" : "pci.0";
    }

    private void seat(Device device) {
        Optional<Pci> given =
                device.place().address().filter(Pci.class::isInstance).map(Pci.class::cast);
        Seat seat = given.map(this::explicit).orElseGet(() -> {
            if (!pcie) {
                return rootSeat(3, 1);
            }
            return CONVENTIONAL.contains(driver(device)) ? rootSeat(0x1e, -1) : ownPort();
        });
        seats.put(device.id(), seat);
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

    private Seat rootSeat(int from, int step) {
        int slot = from;
        while (!rootSlots.add(slot)) {
            slot += step;
        }
        return new Seat(rootBus(), "0x%02x.0".formatted(slot), false);
    }

    private Seat ownPort() {
        String id = "port.auto" + implicitPorts;
        ports.add(new Port(id, portSeat(2, implicitPorts), freeChassis(200 + implicitPorts), Optional.empty(), true));
        implicitPorts++;
        return new Seat(id, "0x00.0", false);
    }
}
