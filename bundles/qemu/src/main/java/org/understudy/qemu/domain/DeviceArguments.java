// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.qemu.domain.Device.Balloon;
import org.understudy.qemu.domain.Device.Channel;
import org.understudy.qemu.domain.Device.CharBackend;
import org.understudy.qemu.domain.Device.Controller;
import org.understudy.qemu.domain.Device.Disk;
import org.understudy.qemu.domain.Device.GuestAddress.Drive;
import org.understudy.qemu.domain.Device.Nic;
import org.understudy.qemu.domain.Device.PassedThrough;
import org.understudy.qemu.domain.Device.Rng;
import org.understudy.qemu.domain.Device.Serial;
import org.understudy.qemu.domain.Device.Simple;
import org.understudy.qemu.domain.Device.Vnc;

/** Builds the device arguments of the command line, controllers first. */
final class DeviceArguments {
    private final Domain domain;
    private final HostOverrides overrides;
    private final PciAddressAllocator allocator;
    private final BootIndexes bootIndexes;
    private final NicArguments nics;
    private final List<String> arguments = new ArrayList<>();

    DeviceArguments(Domain domain, HostOverrides overrides) {
        this.domain = domain;
        this.overrides = overrides;
        this.allocator = PciAddressAllocator.of(domain);
        this.bootIndexes = BootIndexes.of(domain);
        this.nics = new NicArguments(overrides.vfs(), allocator, bootIndexes);
    }

    List<String> build() {
        // Before all devices whose memory accesses it translates.
        domain.devices(Simple.class)
                .filter(d -> d.driver().equals(IommuReader.DRIVER))
                .forEach(d ->
                        add("-device", new Options(d.driver()).add("id", d.id()).addAll(d.properties())));
        allocator.ports().forEach(this::rootPort);
        domain.devices(Controller.class).forEach(this::controller);
        domain.devices().forEach(this::device);
        if (domain.devices(Vnc.class).findAny().isEmpty()) {
            add("-display", "none");
        }
        return arguments;
    }

    private void add(String option, Object value) {
        arguments.add(option);
        arguments.add(value.toString());
    }

    private void rootPort(PciAddressAllocator.Port port) {
        Options options = new Options(port.driver()).add("id", port.id()).add("chassis", port.chassis());
        port.number().ifPresent(n -> options.add("port", n));
        if (!port.hotplug()) {
            options.add("hotplug", "off");
        }
        add("-device", options.addAll(port.address().options()));
    }

    private void controller(Controller c) {
        add("-device", pci(c.driver(), c).addAll(c.properties()));
    }

    private Options pci(String driver, Device device) {
        return new Options(driver)
                .add("id", device.id())
                .addAll(allocator.address(device.id()).options());
    }

    private void device(Device device) {
        if (device instanceof Disk disk) {
            disk(disk);
        } else if (device instanceof Nic nic) {
            add("-netdev", NicArguments.netdev(nic, overrides.bridgeHelper()));
            add("-device", deviceOption(nics.nicDevice(nic), nic.teaming()));
        } else if (device instanceof PassedThrough vf) {
            add("-device", deviceOption(nics.vfDevice(vf), vf.teaming()));
        } else if (device instanceof Serial serial) {
            chardev(serial.id(), serial.backend());
            add(
                    "-device",
                    new Options("isa-serial")
                            .add("id", serial.id())
                            .add("chardev", "char" + serial.id())
                            .add("index", serial.port()));
        } else if (device instanceof Channel channel) {
            chardev(channel.id(), channel.backend());
            add(
                    "-device",
                    new Options("virtserialport")
                            .add("id", channel.id())
                            .add("bus", controllerId("virtio-serial", 0) + ".0")
                            .add("chardev", "char" + channel.id())
                            .add("name", channel.name()));
        } else {
            otherDevice(device);
        }
    }

    /**
     * Formats a primary as JSON where QEMU accepts it. In key=value form, QEMU never releases the id of a hidden
     * primary, and the device cannot be plugged again after an unplug. QEMU creates JSON devices after all others.
     */
    private String deviceOption(Options device, Device.Teaming teaming) {
        boolean json =
                teaming instanceof Device.Teaming.Primary && overrides.version().atLeast(6, 2);
        return json ? device.asJson() : device.toString();
    }

    private void otherDevice(Device device) {
        if (device instanceof Rng rng) {
            String backend = "obj" + rng.id();
            add(
                    "-object",
                    rng.source()
                            .map(file ->
                                    new Options("rng-random").add("id", backend).add("filename", file))
                            .orElseGet(() -> new Options("rng-builtin").add("id", backend)));
            add("-device", pci("virtio-rng-pci", rng).add("rng", backend).addAll(rng.properties()));
        } else if (device instanceof Balloon balloon) {
            add("-device", pci("virtio-balloon-pci", balloon).addAll(balloon.properties()));
        } else if (device instanceof Vnc vnc) {
            add("-vnc", vnc.enabled() ? "unix:" + escapedPath(vnc.socket(), "vnc.sock") : "none");
        } else if (device instanceof Simple simple) {
            simple(simple);
        }
    }

    private void simple(Simple simple) {
        switch (simple.driver()) {
            case "itco" -> {
                add("-global", "ICH9-LPC.noreboot=off");
                add("-watchdog-action", simple.properties().get(0));
            }
            case "i6300esb" -> {
                add("-device", pci(simple.driver(), simple));
                add("-watchdog-action", simple.properties().get(0));
            }
            case IommuReader.DRIVER -> {
                // It is the first device of the command line.
            }
            case "pvpanic" -> add("-device", new Options("pvpanic").add("id", simple.id()));
            default -> {
                Options options = simple.bus() == Device.Bus.USB
                        ? new Options(simple.driver()).add("id", simple.id()).add("bus", controllerId("usb", 0) + ".0")
                        : pci(simple.driver(), simple);
                add("-device", options.addAll(simple.properties()));
            }
        }
    }

    private String escapedPath(Optional<String> path, String name) {
        return path.orElseGet(() -> overrides.folder().resolve(name).toString()).replace(",", ",,");
    }

    private void chardev(String id, CharBackend backend) {
        Options options = new Options(backend.type().equals("unix") ? "socket" : backend.type()).add("id", "char" + id);
        switch (backend.type()) {
            case "file" ->
                options.add("path", backend.path())
                        .add("append", backend.append() || overrides.incoming() ? "on" : "off");
            case "unix" ->
                options.add(
                                "path",
                                backend.path()
                                        .orElseGet(() -> overrides
                                                .folder()
                                                .resolve(id + ".sock")
                                                .toString()))
                        .add("server", backend.server() ? "on" : "off")
                        .addAll(backend.server() ? List.of("wait=off") : List.of());
            default -> {}
        }
        backend.log().ifPresent(l -> options.add("logfile", l).add("logappend", "on"));
        add("-chardev", options);
    }

    private void disk(Disk disk) {
        disk.backend().ifPresent(b -> BlockNodes.of(disk.id(), b).forEach(node -> add("-blockdev", node)));
        Options options = frontend(disk);
        disk.backend().ifPresent(b -> {
            options.add("drive", BlockNodes.name(disk.id()));
            if (!disk.cdrom()) {
                BlockNodes.writeCache(b).ifPresent(w -> options.add("write-cache", w));
            }
        });
        options.add("serial", disk.serial());
        bootIndexes.of(disk).ifPresent(i -> options.add("bootindex", i));
        add("-device", options.addAll(disk.properties()));
    }

    private Options frontend(Disk disk) {
        if (disk.bus().equals("virtio")) {
            return pci("virtio-blk-pci", disk);
        }
        Drive drive = (Drive) disk.place().address().orElseThrow();
        return switch (disk.bus()) {
            case "scsi" ->
                new Options(disk.cdrom() ? "scsi-cd" : "scsi-hd")
                        .add("id", disk.id())
                        .add("bus", controllerId("scsi", drive.controller()) + ".0")
                        .add("channel", 0)
                        .add("scsi-id", drive.target())
                        .add("lun", drive.unit());
            default -> {
                boolean sata = disk.bus().equals("sata");
                yield new Options(disk.cdrom() ? "ide-cd" : "ide-hd")
                        .add("id", disk.id())
                        .add("bus", "ide." + (sata ? drive.unit() : drive.bus()))
                        .add("unit", sata ? 0 : drive.unit());
            }
        };
    }

    private String controllerId(String type, int index) {
        return domain.devices(Controller.class)
                .filter(c -> c.type().equals(type) && c.index() == index)
                .map(Device::id)
                .findFirst()
                .orElse(type + index);
    }
}
