// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashSet;
import java.util.Set;
import org.understudy.qemu.domain.Device.GuestAddress.Pci;
import org.understudy.qemu.domain.Device.RootPort;

/** Reports PCI addresses and root ports that QEMU refuses, or that a guest cannot find. */
final class PciRules {
    /** Source: the PCI specification, bus numbers have eight bits. */
    static final int LAST_BUS = 255;

    private static final int LAST_SLOT = 31;
    private static final int LAST_FUNCTION = 7;
    private static final int LAST_PORT = 255;
    /** Functions of the chipset. Source: QEMU {@code hw/i386/pc_q35.c} and {@code pc_piix.c}. */
    private static final Set<String> OF_Q35 = Set.of("0:0.0", "0:31.0", "0:31.2", "0:31.3");

    private static final Set<String> OF_PC = Set.of("0:0.0", "0:1.0", "0:1.1", "0:1.3");

    private final Domain domain;
    private final FindingCollector collector;
    private final RootBus root;
    private final Set<String> used = new HashSet<>();

    private PciRules(Domain domain, FindingCollector collector) {
        this.domain = domain;
        this.collector = collector;
        this.root = new RootBus(domain);
        used.addAll(domain.machine().pcie() ? OF_Q35 : OF_PC);
    }

    static void check(Domain domain, FindingCollector collector) {
        PciRules rules = new PciRules(domain, collector);
        domain.devices().forEach(rules::address);
        domain.devices().forEach(rules::firstFunction);
        rules.rootPorts();
        PciAddressAllocator allocator = PciAddressAllocator.of(domain);
        allocator.shortages().stream()
                .limit(1)
                .forEach(path -> collector.unsupported(
                        path, "", "Use fewer devices and root ports: the PCI root bus has no free address."));
        rules.portIds(allocator);
    }

    /** Ids of root ports that are not in the definition can be aliases in it. */
    private void portIds(PciAddressAllocator allocator) {
        Set<String> ids = new HashSet<>();
        domain.devices().stream().filter(d -> !(d instanceof RootPort)).forEach(d -> ids.add(d.id()));
        allocator.ports().stream()
                .filter(port -> !ids.add(port.id()))
                .forEach(port -> collector.unsupported(
                        "/domain/devices", port.id(), "Use another alias: a root port that is added has this id."));
    }

    private static String name(Pci a) {
        return a.bus() + ":" + a.slot() + "." + a.function();
    }

    private void address(Device device) {
        device.place().pci().ifPresent(a -> {
            String path = device.place().path() + "/address";
            range(path + "/@bus", a.bus(), domain.machine().pcie() ? LAST_BUS : 0);
            range(path + "/@slot", a.slot(), LAST_SLOT);
            range(path + "/@function", a.function(), LAST_FUNCTION);
            if (a.bus() > 0 && device instanceof RootPort) {
                collector.unsupported(path + "/@bus", String.valueOf(a.bus()), "Set bus to 0, the bus of root ports.");
            }
            if (a.bus() > 0 && a.slot() > 0) {
                collector.unsupported(
                        path + "/@slot",
                        String.valueOf(a.slot()),
                        "Set slot to 0: behind a root port, no other slot exists.");
            }
            // Slot 0 of the root bus is the host bridge, which has one function.
            boolean hostBridge = a.bus() == 0 && a.slot() == 0;
            if (hostBridge || !used.add(name(a))) {
                collector.unsupported(path, "", "Set a unique PCI address for each device.");
            }
        });
    }

    private void range(String path, int value, int last) {
        if (value < 0 || value > last) {
            collector.unsupported(path, String.valueOf(value), "Use a number from 0 to " + last + ".");
        }
    }

    /** A guest looks for other functions of a slot only if function 0 reports them. */
    private void firstFunction(Device device) {
        device.place().pci().ifPresent(a -> {
            String path = device.place().path() + "/address";
            if (a.function() > 0 && !used.contains(name(new Pci(a.bus(), a.slot(), 0, a.multifunction())))) {
                collector.unsupported(
                        path + "/@function",
                        String.valueOf(a.function()),
                        "Move a device to function 0 of the slot: without it, the guest finds no other function.");
            }
            boolean alone =
                    a.bus() == 0 && a.function() == 0 && !a.multifunction().orElse(true);
            if (alone && root.hasOtherFunctions(a.slot())) {
                collector.unsupported(
                        path + "/@multifunction",
                        "off",
                        "Set multifunction='on', because other devices use functions of the slot.");
            }
        });
    }

    private void rootPorts() {
        Set<Integer> indexes = new HashSet<>();
        Set<Integer> chassis = new HashSet<>();
        domain.devices(RootPort.class).forEach(port -> {
            String path = port.place().path();
            unique(path + "/@index", port.index(), 1, indexes);
            port.chassis().ifPresent(n -> unique(path + "/target/@chassis", n, 0, chassis));
            port.port().ifPresent(n -> range(path + "/target/@port", n, LAST_PORT));
        });
    }

    private void unique(String path, int value, int first, Set<Integer> others) {
        if (value < first || value > LAST_BUS || !others.add(value)) {
            collector.unsupported(
                    path,
                    String.valueOf(value),
                    "Set a number from %d to %d that no other port has.".formatted(first, LAST_BUS));
        }
    }
}
