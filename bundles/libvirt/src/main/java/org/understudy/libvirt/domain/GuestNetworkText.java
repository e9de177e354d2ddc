// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.understudy.api.spi.GuestNetwork;
import org.understudy.api.spi.GuestNetwork.Device;

/** The output of {@code guest-network.sh}. A guest may print anything, so everything is optional and bounded. */
final class GuestNetworkText {
    private static final int MAX_FILES = 500;
    private static final int MAX_DRIVERLESS = 50;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    private record Link(OptionalInt mtu, Optional<String> driver, Optional<String> master) {}

    private final Map<String, Link> links = new HashMap<>();
    private final List<String> driverless = new ArrayList<>();
    private final Map<String, StringBuilder> files = new LinkedHashMap<>();
    private Optional<StringBuilder> file = Optional.empty();

    private GuestNetworkText() {}

    /** @param devices as the agent reports them */
    static GuestNetwork read(List<Device> devices, String output) {
        GuestNetworkText text = new GuestNetworkText();
        output.lines().forEach(text::add);
        Map<String, String> files = new LinkedHashMap<>();
        text.files.forEach((path, content) -> files.put(path, content.toString()));
        return new GuestNetwork(
                devices.stream().map(text::complete).toList(), true, List.copyOf(text.driverless), Map.copyOf(files));
    }

    private void add(String line) {
        if (line.startsWith("=")) {
            file.ifPresent(content -> content.append(line, 1, line.length()).append('\n'));
            return;
        }
        String[] parts = line.split("\t", -1);
        if (parts[0].equals("device") && parts.length == 5) {
            links.put(parts[1], new Link(number(parts[2]), text(parts[3]), text(parts[4])));
        } else if (parts[0].equals("driverless") && parts.length == 2 && driverless.size() < MAX_DRIVERLESS) {
            driverless.add(parts[1].replace("0x", ""));
        } else if (parts[0].equals("file") && parts.length == 2 && files.size() < MAX_FILES) {
            file = Optional.of(files.computeIfAbsent(parts[1], path -> new StringBuilder()));
        }
    }

    private Device complete(Device device) {
        return Optional.ofNullable(links.get(device.name()))
                .map(link -> new Device(
                        device.name(), device.mac(), device.addresses(), link.mtu(), link.driver(), link.master()))
                .orElse(device);
    }

    private static OptionalInt number(String text) {
        return NUMBER.matcher(text).matches() ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    private static Optional<String> text(String text) {
        return Optional.of(text).filter(value -> !value.isEmpty());
    }
}
