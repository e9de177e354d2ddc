// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Optional;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;

/** One device of a domain. */
public sealed interface Device {
    Place place();

    /** The device's id in QEMU. */
    default String id() {
        return place().id();
    }

    /**
     * The position of a device in the XML and in the guest.
     *
     * @param path in the XML, for findings
     * @param id the alias in the XML; without one, an id made of kind and position
     * @param address empty: {@link PciAddressAllocator} chooses
     */
    record Place(String path, String id, Optional<GuestAddress> address) {
        /** The PCI address in the XML. */
        Optional<GuestAddress.Pci> pci() {
            return address.filter(GuestAddress.Pci.class::isInstance).map(GuestAddress.Pci.class::cast);
        }
    }

    /** A guest address. */
    sealed interface GuestAddress {
        record Pci(int bus, int slot, int function, Optional<Boolean> multifunction) implements GuestAddress {}

        /** Of a disk on a SCSI, SATA or IDE controller. */
        record Drive(int controller, int bus, int target, int unit) implements GuestAddress {}
    }

    /** A PCI controller below the root. {@code driver} is QEMU's device name. */
    record RootPort(
            Place place, String driver, int index, Optional<Integer> chassis, Optional<Integer> port, boolean hotplug)
            implements Device {
        static final String GENERIC = "pcie-root-port";
    }

    /** {@code driver} is QEMU's device name. */
    record Controller(Place place, String type, int index, String driver, List<String> properties) implements Device {}

    /**
     * @param bus virtio, scsi, sata or ide
     * @param backend options of the file or block node; empty for an empty drive
     */
    record Disk(
            Place place,
            boolean cdrom,
            String bus,
            Optional<BlockBackend> backend,
            Optional<String> serial,
            Optional<Integer> bootOrder,
            List<String> properties)
            implements Device {}

    /** The file and the format of a disk image. */
    record BlockBackend(
            boolean blockDevice,
            String file,
            String format,
            String cache,
            Optional<String> io,
            Optional<String> discard,
            Optional<String> detectZeroes,
            boolean readOnly) {}

    /** An emulated or virtio NIC. */
    record Nic(
            Place place,
            NicBackend backend,
            String model,
            Optional<MacAddress> mac,
            Teaming teaming,
            Rom rom,
            Optional<Integer> bootOrder,
            List<String> properties)
            implements Device {}

    /** The network backend of a NIC. */
    sealed interface NicBackend {
        /** @param forwards QEMU's {@code hostfwd} values */
        record User(Optional<String> network, List<String> forwards) implements NicBackend {}

        record Bridge(String bridge, boolean vhost) implements NicBackend {}
    }

    /**
     * A host device that is passed through by VFIO.
     *
     * @param source empty: the VF that is leased for this alias
     * @param pool the pool's network; empty if the definition names the device
     */
    record PassedThrough(
            Place place,
            Optional<PciAddress> source,
            Optional<String> pool,
            Teaming teaming,
            Rom rom,
            Optional<Integer> bootOrder)
            implements Device {}

    /** The role in a failover pair. Source: libvirt {@code <teaming>}. */
    sealed interface Teaming {
        record None() implements Teaming {}

        record Standby() implements Teaming {}

        record Primary(String standby) implements Teaming {}
    }

    /** @param file empty text: no option ROM; empty optional: the default of the model */
    record Rom(boolean bar, Optional<String> file) {}

    /** @param options of {@code -chardev} without the id */
    record Serial(Place place, CharBackend backend, int port, boolean isa) implements Device {}

    record Channel(Place place, CharBackend backend, String name) implements Device {}

    /** A character device of the host. {@code path} is empty if the file is in the VM folder. */
    record CharBackend(String type, Optional<String> path, boolean server, boolean append, Optional<String> log) {}

    record Rng(Place place, Optional<String> source, List<String> properties) implements Device {}

    record Balloon(Place place, List<String> properties) implements Device {}

    /** A device without a backend: video, USB input, watchdog, panic. */
    record Simple(Place place, String driver, Bus bus, List<String> properties) implements Device {}

    /** The bus of a {@link Simple} device. */
    enum Bus {
        PCI,
        USB,
        NONE
    }

    /** @param socket empty: in the VM folder */
    record Vnc(Place place, boolean enabled, Optional<String> socket) implements Device {}
}
