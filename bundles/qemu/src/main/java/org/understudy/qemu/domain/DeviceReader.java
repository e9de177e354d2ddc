// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.understudy.qemu.domain.Device.Balloon;
import org.understudy.qemu.domain.Device.Bus;
import org.understudy.qemu.domain.Device.Controller;
import org.understudy.qemu.domain.Device.Place;
import org.understudy.qemu.domain.Device.Rng;
import org.understudy.qemu.domain.Device.RootPort;
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
        "audio"
    };

    private final StrictElement section;
    private final FindingCollector collector;
    private final boolean pcie;
    private final DevicePlaces places;
    private final List<Device> devices = new ArrayList<>();
    private boolean withoutUsb;

    DeviceReader(StrictElement section, boolean pcie) {
        this.section = section;
        this.collector = section.collector();
        this.places = new DevicePlaces(collector);
        this.pcie = pcie;
    }

    List<Device> devices() {
        section.children(KINDS).forEach(this::device);
        if (devices.stream().noneMatch(Balloon.class::isInstance)
                && section.children("memballoon").isEmpty()) {
            devices.add(new Balloon(
                    new Place("/domain/devices/memballoon", places.nextId("balloon"), Optional.empty()), List.of()));
        }
        addController(
                "scsi",
                "virtio-scsi-pci",
                d -> d instanceof Device.Disk disk && disk.bus().equals("scsi"));
        addController("virtio-serial", "virtio-serial-pci", Device.Channel.class::isInstance);
        if (withoutUsb) {
            devices.stream()
                    .filter(DeviceReader::isUsb)
                    .forEach(d -> collector.unsupported(
                            d.place().path(),
                            "a USB device",
                            "Remove the device, or the controller with model='none'."));
        } else {
            addController("usb", "qemu-xhci", DeviceReader::isUsb);
        }
        return List.copyOf(devices);
    }

    private static boolean isUsb(Device device) {
        return device instanceof Simple simple && simple.bus() == Bus.USB;
    }

    /** Adds the controller that a device needs, as libvirt does. */
    private void addController(String type, String driver, Predicate<Device> needs) {
        boolean present = devices.stream()
                .anyMatch(d -> d instanceof Controller c && c.type().equals(type));
        if (!present && devices.stream().anyMatch(needs)) {
            Place place = new Place("/domain/devices/controller", places.nextId(type), Optional.empty());
            devices.add(new Controller(place, type, 0, driver, List.of()));
        }
    }

    private void device(StrictElement element) {
        switch (element.name()) {
            case "emulator" -> emulator(element);
            case "controller" -> controller(element);
            case "disk" -> new DiskReader(places, collector, pcie).read(element).ifPresent(devices::add);
            case "interface" ->
                new NicReader(places, collector).readInterface(element).ifPresent(devices::add);
            case "hostdev" ->
                new NicReader(places, collector).readHostdev(element).ifPresent(devices::add);
            case "serial", "console", "channel" ->
                new CharacterDeviceReader(places, collector, hasSerial())
                        .read(element)
                        .ifPresent(devices::add);
            case "rng" -> rng(element);
            case "memballoon" -> balloon(element);
            case "video" -> video(element);
            case "graphics" -> graphics(element);
            case "input" -> input(element);
            case "watchdog" -> watchdog(element);
            case "panic" -> simple(element, "panic", "pvpanic", Bus.NONE, "isa", element.choice("model", "isa"));
            default -> element.choice("type", "none");
        }
    }

    private boolean hasSerial() {
        return !section.children("serial").isEmpty();
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

    private void controller(StrictElement element) {
        int index = element.number("index").orElse(0);
        String type = element.choice("type", "pci", "scsi", "virtio-serial", "sata", "ide", "usb");
        switch (type) {
            case "pci" -> pciController(element, index);
            case "scsi" -> {
                element.choice("model", "virtio-scsi");
                List<String> properties = element.child("driver").flatMap(d -> d.number("queues")).stream()
                        .map(q -> "num_queues=" + q)
                        .toList();
                devices.add(
                        new Controller(places.of(element, "scsi", "pci"), type, index, "virtio-scsi-pci", properties));
            }
            case "virtio-serial" -> {
                List<String> properties = element.number("ports").stream()
                        .map(p -> "max_ports=" + p)
                        .toList();
                Place place = places.of(element, "virtio-serial", "pci");
                devices.add(new Controller(place, type, index, "virtio-serial-pci", properties));
            }
            case "usb" -> usb(element, index);
            default -> builtIn(element, index, type);
        }
    }

    private void builtIn(StrictElement element, int index, String type) {
        element.child("alias").ifPresent(StrictElement::ignore);
        if (type.equals("ide")) {
            element.choice("model", "piix3");
        }
        element.child("address").ifPresent(address -> {
            address.choice("type", "pci");
            address.requireFixed("domain", 0);
            address.requireFixed("bus", 0);
            address.requireFixed("slot", pcie ? 0x1f : 1);
            address.requireFixed("function", pcie ? 2 : 1);
        });
        if (index != 0 || pcie != type.equals("sata")) {
            collector.unsupported(
                    element.path(),
                    type + " controller " + index,
                    "Use the controller of the machine type: sata 0 on q35, ide 0 on pc.");
        }
    }

    private void usb(StrictElement element, int index) {
        String model = element.attribute("model").orElse("qemu-xhci");
        switch (model) {
            case "none" -> {
                withoutUsb = true;
                element.child("alias").ifPresent(StrictElement::ignore);
            }
            case "qemu-xhci" -> {
                List<String> properties = element.number("ports").stream()
                        .flatMap(p -> List.of("p2=" + p, "p3=" + p).stream())
                        .toList();
                devices.add(new Controller(places.of(element, "usb", "pci"), "usb", index, "qemu-xhci", properties));
            }
            default -> collector.unsupported(element.path() + "/@model", model, "Use qemu-xhci or none.");
        }
    }

    private void pciController(StrictElement element, int index) {
        String model = element.choice("model", pcie ? "pcie-root" : "pci-root", "pcie-root-port");
        if (model.equals("pcie-root-port") && pcie) {
            element.child("model").ifPresent(m -> m.choice("name", "pcie-root-port"));
            Optional<StrictElement> target = element.child("target");
            devices.add(new RootPort(
                    places.of(element, "port", "pci"),
                    index,
                    target.flatMap(t -> t.number("chassis")),
                    target.flatMap(t -> t.number("port")),
                    target.map(t -> t.flag("hotplug", true)).orElse(true)));
        } else if (index != 0 || model.equals("pcie-root-port")) {
            collector.unsupported(element.path(), model + " " + index, "Use q35 with pcie-root-port controllers.");
        } else {
            element.child("alias").ifPresent(StrictElement::ignore);
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
        devices.add(new Balloon(places.of(element, "balloon", "pci"), properties));
    }

    private void video(StrictElement element) {
        Optional<StrictElement> found = element.child("model");
        if (found.isEmpty()) {
            collector.incomplete(element.path(), "The video device has no model", "Add <model type='vga'/>.");
            return;
        }
        StrictElement model = found.get();
        model.choice("heads", "1");
        model.choice("primary", "yes");
        String type = model.choice("type", "vga", "virtio", "none");
        List<String> memory = type.equals("vga")
                ? model.number("vram").stream().flatMap(kib -> vram(model, kib)).toList()
                : List.of();
        if (!type.equals("none")) {
            devices.add(new Simple(
                    places.of(element, "video", "pci"), type.equals("vga") ? "VGA" : "virtio-vga", Bus.PCI, memory));
        }
    }

    private Stream<String> vram(StrictElement model, int kib) {
        if (kib < 1024 || kib % 1024 != 0) {
            collector.unsupported(
                    model.path() + "/@vram",
                    String.valueOf(kib),
                    "Use a multiple of 1024 (KiB), such as vram='16384'.");
            return Stream.empty();
        }
        return Stream.of("vgamem_mb=" + kib / 1024);
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
        String[] buses = type.equals("tablet") ? new String[] {"usb"} : new String[] {"usb", "ps2"};
        if (element.choice("bus", buses).equals("usb")) {
            simple(element, "input", type.equals("keyboard") ? "usb-kbd" : "usb-" + type, Bus.USB, "usb", "");
        } else {
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
