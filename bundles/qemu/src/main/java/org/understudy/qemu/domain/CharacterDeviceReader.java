// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.understudy.qemu.domain.Device.Channel;
import org.understudy.qemu.domain.Device.CharBackend;
import org.understudy.qemu.domain.Device.Serial;

/** Reads {@code <serial>}, {@code <console>} and {@code <channel>}. */
final class CharacterDeviceReader {
    private static final int ISA_PORTS = 4;

    private final DevicePlaces places;
    private final FindingCollector collector;
    private final boolean hasSerial;
    /** The numbers of ISA serial ports that the definition sets. */
    private final Set<Integer> numbered = new HashSet<>();

    private final Set<Integer> used = new HashSet<>();
    private boolean hasConsole;

    CharacterDeviceReader(DevicePlaces places, FindingCollector collector, List<StrictElement> serials) {
        this.places = places;
        this.collector = collector;
        this.hasSerial = !serials.isEmpty();
        serials.forEach(s -> s.child("target").flatMap(t -> t.number("port")).ifPresent(numbered::add));
    }

    /** Empty for a console that is an alias of the first serial port. */
    Optional<Device> read(StrictElement element) {
        return switch (element.name()) {
            case "serial" -> Optional.of(serial(element));
            case "console" -> console(element);
            default -> channel(element);
        };
    }

    private Serial serial(StrictElement element) {
        Optional<StrictElement> target = element.child("target");
        target.ifPresent(t -> {
            t.choice("type", "isa-serial");
            t.child("model").ifPresent(m -> m.choice("name", "isa-serial"));
        });
        int port = target.flatMap(t -> t.number("port")).orElseGet(this::freePort);
        if (port < 0 || port >= ISA_PORTS || !used.add(port)) {
            collector.unsupported(
                    element.path() + "/target/@port",
                    String.valueOf(port),
                    "Set a port from 0 to %d that no other serial port has.".formatted(ISA_PORTS - 1));
        }
        CharBackend backend = backend(element);
        return new Serial(places.of(element, "serial", "isa"), backend, port, true);
    }

    /** The lowest port without a device, as libvirt assigns it; the number of ports if all have one. */
    private int freePort() {
        return IntStream.range(0, ISA_PORTS)
                .filter(port -> !numbered.contains(port) && !used.contains(port))
                .findFirst()
                .orElse(ISA_PORTS);
    }

    private Optional<Device> console(StrictElement element) {
        Optional<StrictElement> target = element.child("target");
        target.ifPresent(t -> t.choice("type", "serial"));
        int port = target.flatMap(t -> t.number("port")).orElse(0);
        if (!hasSerial && hasConsole) {
            collector.unsupported(element.path(), "a second console", "Use <serial> for each serial port.");
            element.ignore();
            return Optional.empty();
        }
        hasConsole = true;
        if (!hasSerial) {
            return Optional.of(new Serial(places.of(element, "serial", "isa"), backend(element), port, true));
        }
        if (port == 0) {
            // libvirt copies the first serial port over it.
            element.ignore();
        }
        return Optional.empty();
    }

    private Optional<Device> channel(StrictElement element) {
        Optional<StrictElement> target = element.child("target");
        target.ifPresent(t -> {
            t.choice("type", "virtio");
            t.attribute("state");
        });
        CharBackend backend = backend(element);
        String name = target.flatMap(t -> t.attribute("name")).orElse("org.qemu.guest_agent.0");
        return Optional.of(new Channel(places.of(element, "channel", "virtio-serial"), backend, name));
    }

    private CharBackend backend(StrictElement element) {
        String type = element.choice("type", "pty", "file", "unix", "null");
        element.attribute("tty");
        Optional<StrictElement> source = element.child("source");
        // Source: virDomainChrSourceDefParse in libvirt: the mode of a socket with a path defaults to connect.
        boolean server = source.filter(s -> type.equals("unix"))
                .map(s -> s.attribute("path").isPresent()
                        ? s.choice("mode", "connect", "bind")
                        : s.choice("mode", "bind", "connect"))
                .map("bind"::equals)
                .orElse(true);
        boolean append = source.filter(s -> type.equals("file"))
                .map(s -> s.flag("append", false))
                .orElse(false);
        Optional<String> path = source.flatMap(s -> s.attribute("path"));
        if (type.equals("file") && path.isEmpty()) {
            collector.incomplete(element.path(), "The character device has no file", "Add <source path='...'/>.");
        }
        Optional<String> log = element.child("log").flatMap(l -> {
            l.choice("append", "on");
            return l.attribute("file");
        });
        return new CharBackend(type, path, server, append, log);
    }
}
