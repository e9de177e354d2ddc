// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.domain.Device.Nic;
import org.understudy.qemu.domain.Device.NicBackend;
import org.understudy.qemu.domain.Device.PassedThrough;
import org.understudy.qemu.domain.Device.Rom;
import org.understudy.qemu.domain.Device.Teaming;

/** Reads {@code <interface>} and {@code <hostdev>}. */
final class NicReader {
    private static final int LAST_PORT = 65535;
    private static final int MOST_FORWARDS = 1000;

    private final DevicePlaces places;
    private final FindingCollector collector;

    /** Aliases of the standby NICs whose primary is requested to be emulated. */
    private final Set<String> emulated;

    NicReader(DevicePlaces places, FindingCollector collector, Set<String> emulated) {
        this.places = places;
        this.collector = collector;
        this.emulated = emulated;
    }

    Optional<Device> readInterface(StrictElement element) {
        Optional<MacAddress> mac =
                element.child("mac").flatMap(m -> m.attribute("address")).flatMap(m -> mac(element, m));
        element.child("target").ifPresent(this::target);
        element.child("link").ifPresent(link -> link.choice("state", "up"));
        Teaming teaming = teaming(element);
        String type = element.choice("type", "user", "bridge", "network", "hostdev");
        if (type.equals("hostdev")) {
            ignoreModel(element);
            return Optional.of(passedThrough(element, "hostdev", element.child("source"), Optional.empty(), teaming));
        }
        if (type.equals("network") && teaming instanceof Teaming.Primary p && !emulated.contains(p.standby())) {
            ignoreModel(element);
            Optional<String> pool = element.child("source").flatMap(s -> s.attribute("network"));
            return Optional.of(passedThrough(element, "hostdev", Optional.empty(), pool, teaming));
        }
        return Optional.of(nic(element, type, mac, teaming));
    }

    /** A VF has no model: libvirt adds its default one to each interface. */
    private static void ignoreModel(StrictElement element) {
        element.child("model").ifPresent(m -> m.attribute("type"));
    }

    /** Names {@code vnet*} are ignored: libvirt generates them at each start. */
    private void target(StrictElement target) {
        target.attribute("dev")
                .filter(dev -> !dev.startsWith("vnet"))
                .ifPresent(dev -> collector.unsupported(
                        target.path() + "/@dev", dev, "Remove <target>; the bridge helper assigns the device name."));
    }

    /** Plain {@code <hostdev>}. */
    Optional<Device> readHostdev(StrictElement element) {
        element.choice("mode", "subsystem");
        element.choice("type", "pci");
        return Optional.of(
                passedThrough(element, "hostdev", element.child("source"), Optional.empty(), teaming(element)));
    }

    private Optional<MacAddress> mac(StrictElement element, String text) {
        try {
            return Optional.of(new MacAddress(text));
        } catch (UnderstudyException e) {
            collector.unsupported(element.path() + "/mac", text, "Write a MAC address such as 52:54:00:11:22:33.");
            return Optional.empty();
        }
    }

    private PassedThrough passedThrough(
            StrictElement element,
            String kind,
            Optional<StrictElement> source,
            Optional<String> pool,
            Teaming teaming) {
        boolean managed = element.flag("managed", false);
        element.child("driver").ifPresent(d -> d.choice("name", "vfio"));
        Optional<StrictElement> written = source.flatMap(s -> s.child("address"));
        Optional<PciAddress> address = written.flatMap(StrictElement::pciAddress);
        written.ifPresent(a -> a.choice("type", "pci"));
        if (written.isEmpty() && pool.isEmpty()) {
            collector.incomplete(
                    element.path(),
                    "The passed-through device has no host address",
                    "Add <source><address type='pci' .../></source>.");
        }
        address.ifPresent(vf -> warnUnpreparedVf(element, vf, managed));
        if (pool.isPresent()) {
            // The VF lease sets the VLAN.
            element.child("vlan").ifPresent(v -> v.children("tag").forEach(tag -> tag.number("id")));
        }
        return new PassedThrough(
                places.of(element, kind, "pci"), address, pool, teaming, rom(element), bootOrder(element));
    }

    /** Warns that a VF that is named by address is not prepared. A VF from a pool is prepared by its lease. */
    private void warnUnpreparedVf(StrictElement element, PciAddress vf, boolean managed) {
        if (managed) {
            collector.warning(
                    element.path() + "/@managed",
                    "VF " + vf + " is not bound to vfio-pci at start, nor to its host driver at stop",
                    "Bind the VF to vfio-pci before the VM starts, or use a VF from a pool.");
        }
        element.child("mac")
                .flatMap(m -> m.attribute("address"))
                .ifPresent(mac -> collector.warning(
                        element.path() + "/mac",
                        "VF " + vf + " does not get the MAC address " + mac,
                        "Set the MAC address on the PF before the VM starts, or use a VF from a pool."));
    }

    private Nic nic(StrictElement element, String type, Optional<MacAddress> mac, Teaming teaming) {
        String model = element.child("model")
                .filter(m -> m.attribute("type").isPresent())
                .map(m -> m.choice("type", "virtio", "e1000e", "igb", "e1000", "rtl8139"))
                .orElseGet(() -> {
                    collector.incomplete(element.path(), "The NIC has no model", "Add <model type='virtio'/>.");
                    return "virtio";
                });
        if (teaming instanceof Teaming.Standby) {
            // A setting of the VF, which the VF lease applies.
            element.flag("trustGuestRxFilters", false);
        }
        List<String> properties = new ArrayList<>();
        element.child("mtu").flatMap(m -> m.number("size")).ifPresent(n -> properties.add("host_mtu=" + n));
        boolean vhost = driver(element, type, properties);
        if (!model.equals("virtio")) {
            properties.forEach(p -> collector.unsupported(
                    element.path(), p + " for " + model, "Use <model type='virtio'/>, or remove the setting."));
        }
        return new Nic(
                places.of(element, "net", "pci"),
                backend(element, type, vhost),
                model.equals("virtio") ? "virtio-net-pci" : model,
                mac,
                teaming,
                rom(element),
                bootOrder(element),
                properties);
    }

    private static boolean driver(StrictElement element, String type, List<String> properties) {
        Optional<StrictElement> driver = element.child("driver");
        driver.flatMap(d -> d.number("rx_queue_size")).ifPresent(n -> properties.add("rx_queue_size=" + n));
        driver.flatMap(d -> d.number("tx_queue_size")).ifPresent(n -> properties.add("tx_queue_size=" + n));
        String[] names = type.equals("user") ? new String[] {"qemu"} : new String[] {"qemu", "vhost"};
        return driver.map(d -> d.choice("name", names).equals("vhost")).orElse(false);
    }

    private NicBackend backend(StrictElement element, String type, boolean vhost) {
        if (type.equals("user")) {
            element.child("backend").ifPresent(b -> b.choice("type", "default"));
            return new NicBackend.User(network(element), forwards(element));
        }
        String attribute = type.equals("bridge") ? "bridge" : "network";
        Optional<String> name = element.child("source").flatMap(s -> s.attribute(attribute));
        if (name.isEmpty()) {
            collector.incomplete(element.path(), "The NIC has no source", "Add <source " + attribute + "='...'/>.");
        }
        return new NicBackend.Bridge(name.orElse(""), vhost);
    }

    private static Optional<String> network(StrictElement element) {
        return element.child("ip").flatMap(ip -> {
            ip.choice("family", "ipv4");
            return ip.attribute("address")
                    .map(a -> a + "/" + ip.number("prefix").orElse(24));
        });
    }

    /** Reads libvirt's syntax for passt; QEMU user networking implements it here. */
    private List<String> forwards(StrictElement element) {
        List<String> forwards = new ArrayList<>();
        for (StrictElement forward : element.children("portForward")) {
            String host = forward.choice("proto", "tcp", "udp") + ":"
                    + forward.attribute("address").orElse("");
            for (StrictElement range : forward.children("range")) {
                range.choice("exclude", "no");
                int start = range.number("start").orElse(0);
                int end = range.number("end").orElse(start);
                int to = range.number("to").orElse(start);
                boolean outside = start < 1 || end > LAST_PORT || to < 1 || to > LAST_PORT - (end - start);
                if (outside || end < start || forwards.size() + end - start >= MOST_FORWARDS) {
                    collector.unsupported(
                            range.path(),
                            start + "-" + end,
                            "Use ports from 1 to %d, at most %d for a NIC.".formatted(LAST_PORT, MOST_FORWARDS));
                    continue;
                }
                for (int port = start; port <= end; port++) {
                    forwards.add(host + ":" + port + "-:" + (to + port - start));
                }
            }
        }
        return forwards;
    }

    private Teaming teaming(StrictElement element) {
        Optional<StrictElement> found = element.child("teaming");
        if (found.isEmpty()) {
            return new Teaming.None();
        }
        StrictElement teaming = found.get();
        if (teaming.attribute("type").isEmpty()) {
            collector.incomplete(
                    teaming.path(),
                    "The role in the failover pair is missing",
                    "Add type='persistent' or 'transient'.");
        }
        if (teaming.choice("type", "persistent", "transient").equals("persistent")) {
            return new Teaming.Standby();
        }
        Optional<String> standby = teaming.attribute("persistent");
        if (standby.isEmpty()) {
            collector.incomplete(teaming.path(), "The primary has no standby NIC", "Add persistent='ALIAS'.");
        }
        return new Teaming.Primary(standby.orElse(""));
    }

    private static Rom rom(StrictElement element) {
        Optional<StrictElement> rom = element.child("rom");
        boolean enabled = rom.map(r -> r.flag("enabled", true)).orElse(true);
        boolean bar = rom.map(r -> r.flag("bar", true)).orElse(true);
        return new Rom(bar, enabled ? rom.flatMap(r -> r.attribute("file")) : Optional.of(""));
    }

    private static Optional<Integer> bootOrder(StrictElement element) {
        return element.child("boot").flatMap(b -> b.number("order"));
    }
}
