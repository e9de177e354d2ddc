// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.qemu.domain.Device.Balloon;
import org.understudy.qemu.domain.Device.Bus;
import org.understudy.qemu.domain.Device.Controller;
import org.understudy.qemu.domain.Device.Place;
import org.understudy.qemu.domain.Device.Rng;
import org.understudy.qemu.domain.Device.Simple;
import org.understudy.qemu.domain.Device.Vnc;

/** Reads {@code <devices>}. */
final class DeviceReader {
    private static final String[] KINDS = {
        "emulator",
        "controller",
        "disk",
        "interface",
        "hostdev",
        "serial",
        "console",
        "channel",
        "rng",
        "memballoon",
        "video",
        "graphics",
        "input",
        "watchdog",
        "panic",
        "audio",
        "iommu"
    };

    private final StrictElement section;
    private final FindingCollector collector;
    private final boolean pcie;
    private final DevicePlaces places;
    private final ControllerReader controllers;
    private final DiskReader disks;
    private final NicReader nics;
    private final CharacterDeviceReader characterDevices;
    private final VideoReader videos;
    private final List<Device> devices = new ArrayList<>();

    /** @param emulated aliases of the standby NICs whose primary is requested to be emulated */
    DeviceReader(StrictElement section, boolean pcie, Set<String> emulated) {
        this.section = section;
        this.collector = section.collector();
        this.places = new DevicePlaces(collector);
        this.pcie = pcie;
        this.controllers = new ControllerReader(section.children("controller"), places, collector, pcie);
        this.disks = new DiskReader(places, collector, pcie);
        this.nics = new NicReader(places, collector, emulated);
        this.characterDevices = new CharacterDeviceReader(places, collector, section.children("serial"));
        this.videos = new VideoReader(places, collector);
    }

    List<Device> devices() {
        disks.sorted(section.children(KINDS)).forEach(this::device);
        if (devices.stream().noneMatch(Balloon.class::isInstance)
                && section.children("memballoon").isEmpty()) {
            devices.add(new Balloon(
                    new Place("/domain/devices/memballoon", places.nextId("balloon"), Optional.empty()), List.of()));
        }
        int lastScsi = disks.lastScsiController();
        for (int index = 0; index <= lastScsi; index++) {
            addController("scsi", index, "virtio-scsi-pci");
        }
        if (devices.stream().anyMatch(Device.Channel.class::isInstance)) {
            addController("virtio-serial", 0, "virtio-serial-pci");
        }
        usb();
        return List.copyOf(devices);
    }

    private void usb() {
        if (controllers.withoutUsb()) {
            devices.stream()
                    .filter(DeviceReader::isUsb)
                    .forEach(d -> collector.unsupported(
                            d.place().path(),
                            "a USB device",
                            "Remove the device, or the controller with model='none'."));
        } else if (devices.stream().anyMatch(DeviceReader::isUsb)) {
            addController("usb", 0, pcie ? "qemu-xhci" : "piix3-usb-uhci");
        }
    }

    private static boolean isUsb(Device device) {
        return device instanceof Simple simple && simple.bus() == Bus.USB;
    }

    /** Adds the controller that a device needs, as libvirt does. */
    private void addController(String type, int index, String driver) {
        boolean present = devices.stream()
                .anyMatch(d -> d instanceof Controller c && c.type().equals(type) && c.index() == index);
        if (!present) {
            Place place = new Place("/domain/devices/controller", places.nextId(type), Optional.empty());
            devices.add(new Controller(
                    driver.equals("piix3-usb-uhci") ? ControllerReader.uhciOfPc(place) : place,
                    type,
                    index,
                    driver,
                    List.of()));
        }
    }

    private void device(StrictElement element) {
        switch (element.name()) {
            case "emulator" -> emulator(element);
            case "controller" -> controllers.read(element).ifPresent(devices::add);
            case "disk" -> disks.read(element).ifPresent(devices::add);
            case "interface" -> nics.readInterface(element).ifPresent(devices::add);
            case "hostdev" -> nics.readHostdev(element).ifPresent(devices::add);
            case "serial", "console", "channel" ->
                characterDevices.read(element).ifPresent(devices::add);
            case "rng" -> rng(element);
            case "memballoon" -> balloon(element);
            case "video" -> videos.read(element).ifPresent(devices::add);
            case "graphics" -> graphics(element);
            case "input" -> input(element);
            case "watchdog" -> watchdog(element);
            case "iommu" -> devices.add(IommuReader.read(element, places, pcie));
            case "panic" -> simple(element, "panic", "pvpanic", Bus.NONE, "isa", element.choice("model", "isa"));
            default -> audio(element);
        }
    }

    /** libvirt adds an audio backend to every definition; without a sound device it has no effect. */
    private static void audio(StrictElement element) {
        element.choice("type", "none");
        element.number("id");
    }

    private void emulator(StrictElement element) {
        // The paths of distributions are accepted. Any other path would have no effect.
        if (!element.text().matches("(/usr)?/(bin|libexec)/(qemu-system-x86_64|qemu-kvm|kvm)")) {
            collector.unsupported(
                    element.path(),
                    element.text(),
                    "Remove <emulator>; the host option 'binary' selects the emulator.");
        }
    }

    private void rng(StrictElement element) {
        element.choice("model", "virtio");
        List<String> properties = new ArrayList<>();
        element.child("rate").ifPresent(rate -> {
            rate.number("bytes").ifPresent(b -> properties.add("max-bytes=" + b));
            properties.add("period=" + rate.number("period").orElse(1000));
        });
        Optional<StrictElement> backend = element.child("backend");
        boolean builtin = backend.map(
                        b -> b.choice("model", "random", "builtin").equals("builtin"))
                .orElse(false);
        Optional<String> file = builtin
                ? Optional.empty()
                : Optional.of(backend.map(StrictElement::text)
                        .filter(s -> !s.isEmpty())
                        .orElse("/dev/urandom"));
        devices.add(new Rng(places.of(element, "rng", "pci"), file, properties));
    }

    private void balloon(StrictElement element) {
        if (element.choice("model", "virtio", "none").equals("none")) {
            return;
        }
        List<String> properties = new ArrayList<>();
        if (element.attribute("autodeflate").isPresent()) {
            properties.add("deflate-on-oom=" + element.choice("autodeflate", "off", "on"));
        }
        if (element.attribute("freePageReporting").isPresent()) {
            properties.add("free-page-reporting=" + element.choice("freePageReporting", "off", "on"));
        }
        element.child("stats").ifPresent(stats -> {
            stats.ignore();
            collector.notice(stats.path(), "The period is ignored: the server reads no statistics of the balloon");
        });
        devices.add(new Balloon(places.of(element, "balloon", "pci"), properties));
    }

    private void graphics(StrictElement element) {
        element.choice("type", "vnc");
        element.choice("autoport", "no", "yes");
        element.choice("port", "-1");
        Optional<StrictElement> listen = element.child("listen");
        String kind = listen.map(l -> l.choice("type", "socket", "none")).orElse("socket");
        Optional<String> socket = element.attribute("socket").or(() -> listen.flatMap(l -> l.attribute("socket")));
        devices.add(new Vnc(places.of(element, "vnc", "none"), kind.equals("socket"), socket));
    }

    private void input(StrictElement element) {
        String type = element.choice("type", "tablet", "mouse", "keyboard");
        String[] buses = type.equals("tablet") ? new String[] {"usb"} : new String[] {"ps2", "usb"};
        if (element.choice("bus", buses).equals("usb")) {
            simple(element, "input", type.equals("keyboard") ? "usb-kbd" : "usb-" + type, Bus.USB, "usb", "");
        } else {
            // Every machine has a PS/2 mouse and keyboard.
            element.child("alias").ifPresent(StrictElement::ignore);
        }
    }

    private void watchdog(StrictElement element) {
        String model = element.choice("model", "i6300esb", "itco");
        String action = element.choice("action", "reset", "shutdown", "poweroff", "pause", "none", "inject-nmi");
        simple(element, "watchdog", model, model.equals("itco") ? Bus.NONE : Bus.PCI, "pci", action);
    }

    private void simple(StrictElement element, String kind, String driver, Bus bus, String address, String property) {
        devices.add(new Simple(
                places.of(element, kind, address), driver, bus, property.isEmpty() ? List.of() : List.of(property)));
    }
}
