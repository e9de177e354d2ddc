// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.qemu.domain.Device.BlockBackend;
import org.understudy.qemu.domain.Device.Disk;

/** Reads {@code <disk>}. */
final class DiskReader {
    private final DevicePlaces places;
    private final FindingCollector collector;
    private final boolean pcie;

    DiskReader(DevicePlaces places, FindingCollector collector, boolean pcie) {
        this.places = places;
        this.collector = collector;
        this.pcie = pcie;
    }

    /** Empty if the element is incomplete; a finding then reports it. */
    Optional<Disk> read(StrictElement element) {
        boolean block = element.choice("type", "file", "block").equals("block");
        boolean cdrom = element.choice("device", "disk", "cdrom").equals("cdrom");
        Optional<StrictElement> target = element.child("target");
        Optional<String> dev = target.flatMap(t -> t.attribute("dev"));
        if (dev.isEmpty() || !dev.get().matches("[a-z]d[a-z]{1,2}")) {
            collector.incomplete(
                    element.path(), "The disk has no target such as 'vda'", "Add <target dev='vda' bus='virtio'/>.");
            return Optional.empty();
        }
        String bus = bus(target.get(), dev.get(), cdrom);
        Optional<BlockBackend> backend = backend(element, block, cdrom);
        if (backend.isEmpty() && !cdrom) {
            collector.incomplete(element.path(), "The disk has no source", "Add <source file='...'/>.");
        }
        element.child("address").ifPresent(address -> drive(address, bus));
        return Optional.of(new Disk(
                bus.equals("virtio")
                        ? places.of(element, "virtio-disk", "pci")
                        : places.of(element, bus + "-disk", "drive"),
                cdrom,
                bus,
                position(dev.get()),
                backend,
                element.textOf("serial"),
                element.child("boot").flatMap(b -> b.number("order")),
                properties(element, bus)));
    }

    /** Checks the parts of a drive address that QEMU does not support on this bus. */
    private static void drive(StrictElement address, String bus) {
        if (bus.equals("sata") || bus.equals("ide")) {
            address.requireFixed("controller", 0);
            address.requireFixed("target", 0);
        }
        if (bus.equals("sata") || bus.equals("scsi")) {
            address.requireFixed("bus", 0);
        }
    }

    private String bus(StrictElement target, String dev, boolean cdrom) {
        String builtInBus = pcie ? "sata" : "ide";
        String defaultBus = dev.startsWith("vd") ? "virtio" : dev.startsWith("hd") || cdrom ? builtInBus : "scsi";
        return target.attribute("bus").isEmpty()
                ? defaultBus
                : target.choice(
                        "bus", cdrom ? new String[] {builtInBus, "scsi"} : new String[] {"virtio", "scsi", builtInBus});
    }

    private Optional<BlockBackend> backend(StrictElement element, boolean block, boolean cdrom) {
        Optional<StrictElement> driver = element.child("driver");
        driver.ifPresent(d -> d.choice("name", "qemu"));
        Optional<String> file = element.child("source").flatMap(s -> {
            s.attribute("index");
            return s.attribute(block ? "dev" : "file");
        });
        element.child("backingStore")
                .filter(b -> b.children("source", "format").isEmpty())
                .ifPresent(StrictElement::ignore);
        boolean readOnly = element.child("readonly").isPresent() || cdrom;
        String format = driver.map(d -> d.choice("type", "raw", "qcow2")).orElse("raw");
        return file.map(f -> new BlockBackend(
                block,
                f,
                format,
                driver.map(d -> d.choice(
                                "cache", "default", "none", "writeback", "writethrough", "directsync", "unsafe"))
                        .orElse("default"),
                driver.flatMap(d -> optionalChoice(d, "io", "threads", "native", "io_uring")),
                driver.flatMap(d -> optionalChoice(d, "discard", "ignore", "unmap")),
                driver.flatMap(d -> optionalChoice(d, "detect_zeroes", "off", "on", "unmap")),
                readOnly));
    }

    private static Optional<String> optionalChoice(StrictElement element, String attribute, String... supported) {
        return element.attribute(attribute).map(v -> element.choice(attribute, supported));
    }

    private static List<String> properties(StrictElement element, String bus) {
        List<String> properties = new ArrayList<>();
        if (element.child("shareable").isPresent()) {
            properties.add("share-rw=on");
        }
        element.child("blockio").ifPresent(io -> {
            io.number("logical_block_size").ifPresent(n -> properties.add("logical_block_size=" + n));
            io.number("physical_block_size").ifPresent(n -> properties.add("physical_block_size=" + n));
        });
        element.child("driver").ifPresent(driver -> {
            if (bus.equals("virtio")) {
                driver.number("queues").ifPresent(n -> properties.add("num-queues=" + n));
            }
            driver.attribute("error_policy")
                    .map(v -> driver.choice("error_policy", "stop", "report", "ignore", "enospace"))
                    .ifPresent(v -> properties.add("werror=" + (v.equals("enospace") ? "enospc" : v)));
            driver.attribute("rerror_policy")
                    .map(v -> driver.choice("rerror_policy", "stop", "report", "ignore"))
                    .ifPresent(v -> properties.add("rerror=" + v));
        });
        return properties;
    }

    /** 0 for {@code vda}, 25 for {@code vdz}, 26 for {@code vdaa}. */
    private static int position(String dev) {
        int position = 0;
        for (char letter : dev.substring(2).toCharArray()) {
            position = position * 26 + (letter - 'a' + 1);
        }
        return position - 1;
    }
}
