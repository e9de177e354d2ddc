// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.understudy.qemu.domain.Device.GuestAddress.Pci;

/** The slots and functions of the root bus, and which of them are in use. */
final class RootBus {
    private static final int FUNCTIONS = 8;

    private final boolean pcie;
    /** The functions in use, by slot. */
    private final Map<Integer, Set<Integer>> functions = new TreeMap<>();

    private final Set<Integer> taken;

    RootBus(Domain domain) {
        pcie = domain.machine().pcie();
        taken = new TreeSet<>(pcie ? Set.of(0, 1, 0x1f) : Set.of(0, 1, 2));
        domain.devices().stream()
                .flatMap(d -> d.place().pci().stream())
                .filter(a -> a.bus() == 0)
                .forEach(this::use);
    }

    private void use(Pci a) {
        taken.add(a.slot());
        functions.computeIfAbsent(a.slot(), s -> new TreeSet<>()).add(a.function());
    }

    String name() {
        return pcie ? "pcie.0" : "pci.0";
    }

    /** True if another function of the slot than the first is in use. */
    boolean hasOtherFunctions(int slot) {
        return functions.getOrDefault(slot, Set.of()).stream().anyMatch(f -> f > 0);
    }

    /** Takes the first free slot in the given order; empty if there is none. */
    OptionalInt take(int... order) {
        OptionalInt free =
                IntStream.of(order).filter(slot -> !taken.contains(slot)).findFirst();
        free.ifPresent(taken::add);
        return free;
    }

    /**
     * The free functions of slots whose function 0 is a root port of the definition. libvirt places further root ports
     * there.
     */
    List<Pci> besideRootPorts(Domain domain) {
        return domain.devices(Device.RootPort.class)
                .flatMap(port -> port.place().pci().stream())
                .filter(a ->
                        a.bus() == 0 && a.function() == 0 && a.multifunction().orElse(true))
                .sorted(Comparator.comparing(Pci::slot))
                .flatMap(a -> IntStream.range(1, FUNCTIONS)
                        .filter(f -> !functions.get(a.slot()).contains(f))
                        .mapToObj(f -> new Pci(0, a.slot(), f, Optional.empty())))
                .toList();
    }

    /** Places for root ports: eight in each slot, function 0 first, because a guest finds no other without it. */
    final class Places {
        private final Deque<Pci> free;
        private final int[] order;

        /**
         * @param first used first
         * @param order of the slots that are used next
         */
        Places(List<Pci> first, int... order) {
            this.free = new ArrayDeque<>(first);
            this.order = order;
        }

        Optional<Pci> next() {
            if (free.isEmpty()) {
                take(order)
                        .ifPresent(slot -> IntStream.range(0, FUNCTIONS)
                                .mapToObj(f -> new Pci(0, slot, f, Optional.of(f == 0)))
                                .forEach(free::add));
            }
            Optional<Pci> next = Optional.ofNullable(free.poll());
            next.ifPresent(RootBus.this::use);
            return next;
        }
    }
}
