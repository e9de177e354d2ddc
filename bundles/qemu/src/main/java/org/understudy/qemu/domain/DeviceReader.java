// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.understudy.qemu.domain.Device.Balloon;
import org.understudy.qemu.domain.Device.Bus;
import org.understudy.qemu.domain.Device.Controller;
import org.understudy.qemu.domain.Device.GuestAddress;
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
    private final Reports reports;
    private final boolean pcie;
    private final Map<String, Integer> counters = new HashMap<>();
    private final List<Device> devices = new ArrayList<>();

    DeviceReader(StrictElement section, boolean pcie) {
        this.section = section;
        this.reports = section.reports();
        this.pcie = pcie;
    }

    List<Device> devices() {
        section.children(KINDS).forEach(this::device);
        if (devices.stream().noneMatch(Balloon.class::isInstance)
                && section.children("memballoon").isEmpty()) {
            devices.add(new Balloon(
                    new Place("/domain/devices/memballoon", nextId("balloon"), Optional.empty()), List.of()));
        }
        addController(
                "scsi",
                "virtio-scsi-pci",
                d -> d instanceof Device.Disk disk && disk.bus().equals("scsi"));
        addController("virtio-serial", "virtio-serial-pci", Device.Channel.class::isInstance);
        addController("usb", "qemu-xhci", d -> d instanceof Simple simple && simple.bus() == Bus.USB);
        return List.copyOf(devices);
    }

    /** libvirt adds the controller that a device needs; so do we. */
    private void addController(String type, String driver, Predicate<Device> needs) {
        boolean there = devices.stream()
                .anyMatch(d -> d instanceof Controller c && c.type().equals(type));
        if (!there && devices.stream().anyMatch(needs)) {
            Place place = new Place("/domain/devices/controller", nextId(type), Optional.empty());
            devices.add(new Controller(place, type, 0, driver, List.of()));
        }
    }

    private void device(StrictElement element) {
        switch (element.name()) {
            case "emulator" -> emulator(element);
            case "controller" -> controller(element);
            case "disk" -> new DiskReader(this).read(element).ifPresent(devices::add);
            case "interface" -> new NicReader(this).readInterface(element).ifPresent(devices::add);
            case "hostdev" -> new NicReader(this).readHostdev(element).ifPresent(devices::add);
            case "serial", "console", "channel" ->
                new CharacterDeviceReader(this, hasSerial()).read(element).ifPresent(devices::add);
            case "rng" -> rng(element);
            case "memballoon" -> balloon(element);
            case "video" -> video(element);
            case "graphics" -> graphics(element);
            case "input" -> input(element);
            case "watchdog" -> watchdog(element);
            case "panic" -> simple(element, "panic", "pvpanic", Bus.NONE, element.choice("model", "isa"));
            default -> element.choice("type", "none");
        }
    }

    private boolean hasSerial() {
        return !section.children("serial").isEmpty();
    }

    private void emulator(StrictElement element) {
        String name = element.text().substring(element.text().lastIndexOf('/') + 1);
        if (!Set.of("qemu-system-x86_64", "qemu-kvm", "kvm").contains(name)) {
            reports.unsupported(
                    element.path(), element.text(), "Remove it; the host's 'binary' option names the emulator.");
        }
    }

    /** The place of a device: its alias, or the next id of its kind. */
    Place place(StrictElement element, String kind) {
        Optional<String> alias = element.child("alias").flatMap(a -> a.attribute("name"));
        alias.filter(a -> !a.matches("[A-Za-z][A-Za-z0-9._-]*"))
                .ifPresent(a -> reports.unsupported(
                        element.path() + "/alias", a, "Begin with a letter; use letters, digits, '.', '_' and '-'."));
        String next = nextId(kind);
        return new Place(
                element.path(), alias.orElse(next), element.child("address").flatMap(this::address));
    }

    private String nextId(String kind) {
        return kind + (counters.merge(kind, 1, Integer::sum) - 1);
    }

    private Optional<GuestAddress> address(StrictElement address) {
        return switch (address.choice("type", "pci", "drive", "virtio-serial", "isa", "usb")) {
            case "pci" -> pciAddress(address);
            case "drive" ->
                Optional.of(new GuestAddress.Drive(
                        address.number("controller").orElse(0),
                        address.number("bus").orElse(0),
                        address.number("target").orElse(0),
                        address.number("unit").orElse(0)));
            default -> {
                address.ignore();
                yield Optional.empty();
            }
        };
    }

    private Optional<GuestAddress> pciAddress(StrictElement address) {
        if (address.number("domain").orElse(0) != 0) {
            reports.unsupported(address.path() + "/@domain", "not 0", "Use PCI domain 0.");
        }
        if (address.attribute("slot").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new GuestAddress.Pci(
                address.number("bus").orElse(0),
                address.number("slot").orElse(0),
                address.number("function").orElse(0),
                address.flag("multifunction", false)));
    }

    Reports reports() {
        return reports;
    }

    boolean pcie() {
        return pcie;
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
                devices.add(new Controller(place(element, "scsi"), type, index, "virtio-scsi-pci", properties));
            }
            case "virtio-serial" -> {
                List<String> properties = element.number("ports").stream()
                        .map(p -> "max_ports=" + p)
                        .toList();
                devices.add(
                        new Controller(place(element, "virtio-serial"), type, index, "virtio-serial-pci", properties));
            }
            case "usb" -> usb(element, index);
            default -> builtIn(element, index, type);
        }
    }

    private void builtIn(StrictElement element, int index, String type) {
        element.ignore();
        if (index != 0 || pcie != type.equals("sata")) {
            reports.unsupported(
                    element.path(),
                    type + " controller " + index,
                    "Use the machine's own: sata 0 on q35, ide 0 on pc.");
        }
    }

    private void usb(StrictElement element, int index) {
        String model = element.attribute("model").orElse("qemu-xhci");
        switch (model) {
            case "none" -> element.ignore();
            case "qemu-xhci" -> {
                List<String> properties = element.number("ports").stream()
                        .flatMap(p -> List.of("p2=" + p, "p3=" + p).stream())
                        .toList();
                devices.add(new Controller(place(element, "usb"), "usb", index, "qemu-xhci", properties));
            }
            default -> reports.unsupported(element.path() + "/@model", model, "Use qemu-xhci or none.");
        }
    }

    private void pciController(StrictElement element, int index) {
        String model = element.choice("model", pcie ? "pcie-root" : "pci-root", "pcie-root-port");
        if (model.equals("pcie-root-port") && pcie) {
            element.child("model").ifPresent(m -> m.choice("name", "pcie-root-port"));
            Optional<StrictElement> target = element.child("target");
            devices.add(new RootPort(
                    place(element, "port"),
                    index,
                    target.flatMap(t -> t.number("chassis")),
                    target.flatMap(t -> t.number("port")),
                    target.map(t -> t.flag("hotplug", true)).orElse(true)));
        } else if (index != 0 || model.equals("pcie-root-port")) {
            reports.unsupported(element.path(), model + " " + index, "Use q35 with pcie-root-port controllers.");
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
        devices.add(new Rng(place(element, "rng"), file, properties));
    }

    private void balloon(StrictElement element) {
        if (element.choice("model", "virtio", "none").equals("none")) {
            return;
        }
        List<String> properties = new ArrayList<>();
        element.attribute("autodeflate").ifPresent(v -> properties.add("deflate-on-oom=" + v));
        element.attribute("freePageReporting").ifPresent(v -> properties.add("free-page-reporting=" + v));
        devices.add(new Balloon(place(element, "balloon"), properties));
    }

    private void video(StrictElement element) {
        Optional<StrictElement> found = element.child("model");
        if (found.isEmpty()) {
            reports.incomplete(element.path(), "the video device has no model", "Add <model type='vga'/>.");
            return;
        }
        StrictElement model = found.get();
        model.choice("heads", "1");
        model.choice("primary", "yes", "no");
        String type = model.choice("type", "vga", "virtio", "none");
        List<String> memory = type.equals("vga")
                ? model.number("vram").stream()
                        .map(kib -> "vgamem_mb=" + kib / 1024)
                        .toList()
                : List.of();
        if (!type.equals("none")) {
            devices.add(
                    new Simple(place(element, "video"), type.equals("vga") ? "VGA" : "virtio-vga", Bus.PCI, memory));
        }
    }

    private void graphics(StrictElement element) {
        element.choice("type", "vnc");
        element.choice("autoport", "no", "yes");
        element.choice("port", "-1");
        Optional<StrictElement> listen = element.child("listen");
        String kind = listen.map(l -> l.choice("type", "socket", "none")).orElse("socket");
        Optional<String> socket = element.attribute("socket").or(() -> listen.flatMap(l -> l.attribute("socket")));
        devices.add(new Vnc(place(element, "vnc"), kind.equals("socket"), socket));
    }

    private void input(StrictElement element) {
        String type = element.choice("type", "tablet", "mouse", "keyboard");
        if (element.choice("bus", "usb", "ps2").equals("usb")) {
            simple(element, "input", type.equals("keyboard") ? "usb-kbd" : "usb-" + type, Bus.USB, "");
        }
    }

    private void watchdog(StrictElement element) {
        String model = element.choice("model", "i6300esb", "itco");
        String action = element.choice("action", "reset", "shutdown", "poweroff", "pause", "none", "inject-nmi");
        simple(element, "watchdog", model, model.equals("itco") ? Bus.NONE : Bus.PCI, action);
    }

    private void simple(StrictElement element, String kind, String driver, Bus bus, String property) {
        devices.add(new Simple(place(element, kind), driver, bus, property.isEmpty() ? List.of() : List.of(property)));
    }
}
