// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.understudy.qemu.domain.Device.BlockBackend;
import org.understudy.qemu.domain.Device.Disk;

/** Reads {@code <disk>}. */
final class DiskReader {
    private static final Pattern TARGET = Pattern.compile("[a-z]d[a-z]{1,2}");

    private final DevicePlaces places;
    private final FindingCollector collector;
    private final boolean pcie;
    private final Set<String> targets = new HashSet<>();
    private final DrivePlaces drives;

    DiskReader(DevicePlaces places, FindingCollector collector, boolean pcie) {
        this.places = places;
        this.collector = collector;
        this.pcie = pcie;
        this.drives = new DrivePlaces(places, collector);
    }

    /**
     * The elements with the disks in libvirt's order: by bus, then by target. The first disk of an order is the one that
     * boots.
     */
    List<StrictElement> sorted(List<StrictElement> elements) {
        Map<String, List<StrictElement>> byBus = new LinkedHashMap<>();
        elements.stream()
                .filter(DiskReader::isDisk)
                .forEach(disk -> byBus.computeIfAbsent(rawBus(disk), b -> new ArrayList<>())
                        .add(disk));
        Iterator<StrictElement> disks = byBus.values().stream()
                .flatMap(ofBus -> ofBus.stream().sorted(Comparator.comparingInt(disk -> position(dev(disk)))))
                .iterator();
        return elements.stream().map(e -> isDisk(e) ? disks.next() : e).toList();
    }

    private static boolean isDisk(StrictElement element) {
        return element.name().equals("disk");
    }

    private static String dev(StrictElement disk) {
        return disk.child("target")
                .flatMap(t -> t.attribute("dev"))
                .filter(TARGET.asMatchPredicate())
                .orElse("");
    }

    private String rawBus(StrictElement disk) {
        boolean cdrom = disk.attribute("device").orElse("disk").equals("cdrom");
        return disk.child("target").flatMap(t -> t.attribute("bus")).orElseGet(() -> defaultBus(dev(disk), cdrom));
    }

    /** The highest SCSI controller of a disk; -1 without SCSI disks. */
    int lastScsiController() {
        return drives.lastScsiController();
    }

    /** Empty if the element is incomplete; a finding then reports it. */
    Optional<Disk> read(StrictElement element) {
        boolean block = element.choice("type", "file", "block").equals("block");
        boolean cdrom = element.choice("device", "disk", "cdrom").equals("cdrom");
        Optional<StrictElement> target = element.child("target");
        String dev = dev(element);
        if (dev.isEmpty()) {
            collector.incomplete(
                    element.path(), "The disk has no target such as 'vda'", "Add <target dev='vda' bus='virtio'/>.");
            return Optional.empty();
        }
        if (!targets.add(dev)) {
            collector.unsupported(
                    element.path() + "/target/@dev",
                    dev,
                    "Set the attribute 'dev' to a target that no other disk has.");
        }
        String bus = bus(target.orElseThrow(), dev, cdrom);
        Optional<BlockBackend> backend = backend(element, block, cdrom);
        if (backend.isEmpty() && !cdrom) {
            collector.incomplete(element.path(), "The disk has no source", "Add <source file='...'/>.");
        }
        if (!cdrom && bus.equals(builtInBus()) && element.child("readonly").isPresent()) {
            collector.unsupported(
                    element.path() + "/readonly", "", "Use the bus virtio or scsi: no other has read-only disks.");
        }
        if (element.child("shareable").isPresent()
                && !backend.map(BlockBackend::format).orElse("raw").equals("raw")) {
            collector.unsupported(
                    element.path() + "/shareable",
                    "",
                    "Use an image with type='raw': a qcow2 image has one writer at a time.");
        }
        return Optional.of(new Disk(
                bus.equals("virtio")
                        ? places.of(element, "virtio-disk", "pci")
                        : drives.of(element, bus, position(dev)),
                cdrom,
                bus,
                backend,
                element.textOf("serial"),
                element.child("boot").flatMap(b -> b.number("order")),
                properties(element, bus)));
    }

    private String defaultBus(String dev, boolean cdrom) {
        return dev.startsWith("vd") ? "virtio" : dev.startsWith("hd") || cdrom ? builtInBus() : "scsi";
    }

    private String builtInBus() {
        return pcie ? "sata" : "ide";
    }

    private String bus(StrictElement target, String dev, boolean cdrom) {
        if (target.attribute("bus").isPresent()) {
            return target.choice(
                    "bus", cdrom ? new String[] {builtInBus(), "scsi"} : new String[] {"virtio", "scsi", builtInBus()});
        }
        String bus = defaultBus(dev, cdrom);
        if (cdrom && bus.equals("virtio")) {
            collector.unsupported(target.path() + "/@dev", dev, "Set bus='" + builtInBus() + "' and a target of it.");
        }
        if (!bus.equals(dev.startsWith("sd") ? "scsi" : dev.startsWith("hd") ? "ide" : bus)) {
            collector.warning(
                    target.path() + "/@bus",
                    "Disk " + dev + " has no bus: it is a " + bus + " disk; libvirt would use another bus",
                    "Set bus='" + bus + "'.");
        }
        return bus;
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
                cache(element, driver, readOnly),
                driver.flatMap(d -> optionalChoice(d, "io", "threads", "native", "io_uring")),
                driver.flatMap(d -> optionalChoice(d, "discard", "ignore", "unmap")),
                driver.flatMap(DiskReader::detectZeroes),
                readOnly));
    }

    /** Hosts must not cache a disk that several VMs write to. Source: qemuDomainPrepareDiskCachemode in libvirt. */
    private static String cache(StrictElement element, Optional<StrictElement> driver, boolean readOnly) {
        String cache = driver.map(
                        d -> d.choice("cache", "default", "none", "writeback", "writethrough", "directsync", "unsafe"))
                .orElse("default");
        boolean shared = element.child("shareable").isPresent() && !readOnly;
        return cache.equals("default") && shared ? "none" : cache;
    }

    /** QEMU refuses unmap without discard. Source: virDomainDiskGetDetectZeroesMode in libvirt. */
    private static Optional<String> detectZeroes(StrictElement driver) {
        boolean discards = driver.attribute("discard").equals(Optional.of("unmap"));
        return optionalChoice(driver, "detect_zeroes", "off", "on", "unmap")
                .map(mode -> mode.equals("unmap") && !discards ? "on" : mode);
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
            Optional<String> write = optionalChoice(driver, "error_policy", "stop", "report", "ignore", "enospace");
            Optional<String> read = optionalChoice(driver, "rerror_policy", "stop", "report", "ignore");
            write.ifPresent(v -> properties.add("werror=" + (v.equals("enospace") ? "enospc" : v)));
            // Source: qemuBuildDiskGetErrorPolicy in libvirt.
            read.or(() -> write.filter(v -> !v.equals("enospace"))).ifPresent(v -> properties.add("rerror=" + v));
        });
        return properties;
    }

    /** 0 for {@code vda}, 25 for {@code vdz}, 26 for {@code vdaa}; the highest number without a target. */
    private static int position(String dev) {
        if (dev.isEmpty()) {
            return Integer.MAX_VALUE;
        }
        int position = 0;
        for (char letter : dev.substring(2).toCharArray()) {
            position = position * 26 + (letter - 'a' + 1);
        }
        return position - 1;
    }
}
