// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Severity;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.RealQemu;

/** QEMU accepts the arguments, and the firmware of the guest finds every root port. */
@Timeout(120)
class ArgumentsWithRealQemuTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String NIC = "<interface type='user'><model type='virtio'/>%s</interface>";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NIC ON 2",
                "NIC ON 12",
                "PORT 3",
                "PORT, PORT, NIC",
                "NIC, PORT 2, NIC ON 2, NIC",
                "LIBVIRT 7, PORT 8, NIC ON 8, NIC",
                "LIBVIRT 8, PORT 9, PORT 12, NIC ON 12",
                "NIC, NIC, NIC, NIC, NIC, NIC, NIC, NIC, NIC, PORT 9"
            })
    void firmwareFindsEveryRootPort(String devices) throws Exception {
        StringBuilder xml = new StringBuilder();
        for (String device : devices.split(", ")) {
            xml.append(device(device.split(" ")));
        }
        Domain domain = read(definition(xml.toString()));
        Set<String> ports = new TreeSet<>();
        PciAddressAllocator.of(domain).ports().forEach(p -> ports.add(p.id()));

        try (RealQemu qemu = start(domain);
                QmpClient client = QmpClient.connect(qemu.socket(), LIMIT, Runnable::run, e -> {}, e -> {})) {
            await("numbers of the buses").atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                Map<String, Integer> buses = secondaryBuses(client);
                assertThat(buses.keySet()).isEqualTo(ports);
                assertThat(buses.values()).doesNotContain(0).doesNotHaveDuplicates();
            });
        }
    }

    private static String device(String... words) {
        String last = words[words.length - 1];
        return switch (words[0]) {
            case "NIC" ->
                NIC.formatted(
                        words.length == 1
                                ? ""
                                : "<address type='pci' domain='0x0000' bus='%s' slot='0x00' function='0x0'/>"
                                        .formatted(last));
            case "PORT" ->
                words.length == 1
                        ? "<controller type='pci' model='pcie-root-port'/>"
                        : "<controller type='pci' index='%s' model='pcie-root-port'/>".formatted(last);
            default -> portsOfLibvirt(Integer.parseInt(last));
        };
    }

    private static String portsOfLibvirt(int count) {
        StringBuilder xml = new StringBuilder();
        for (int i = 1; i <= count; i++) {
            xml.append(("<controller type='pci' index='%d' model='pcie-root-port'><model name='pcie-root-port'/>"
                            + "<target chassis='%d' port='0x1%d'/><address type='pci' domain='0x0000' bus='0x00'"
                            + " slot='0x02' function='0x%d'%s/></controller>")
                    .formatted(i, i, i - 1, i - 1, i == 1 ? " multifunction='on'" : ""));
        }
        return xml.toString();
    }

    /** The number that the firmware gave to the bus behind each root port; 0 if it has not found the port. */
    private static Map<String, Integer> secondaryBuses(QmpClient client) {
        Map<String, Integer> buses = new TreeMap<>();
        for (JsonNode bus : client.execute("query-pci", Map.of(), LIMIT)) {
            for (JsonNode device : bus.path("devices")) {
                if (device.has("pci_bridge")) {
                    buses.put(
                            device.path("qdev_id").asText(),
                            device.path("pci_bridge")
                                    .path("bus")
                                    .path("secondary")
                                    .asInt());
                }
            }
        }
        return buses;
    }

    @Test
    void acceptsArgumentsOfEveryKindOfDevice() throws Exception {
        for (String dev : List.of("vda", "sda", "sdb", "sdi")) {
            Files.write(folder.resolve(dev), new byte[1024 * 1024]);
        }
        String disk = "<disk type='file' device='disk'><driver name='qemu' type='raw' %1$s/><source file='" + folder
                + "/%2$s'/><target dev='%2$s' bus='%3$s'/></disk>";
        String devices = disk.formatted("error_policy='stop'", "vda", "virtio")
                + disk.formatted("error_policy='enospace' rerror_policy='report'", "sda", "scsi")
                + disk.formatted("", "sdi", "scsi")
                + disk.formatted("cache='none'", "sdb", "sata")
                + "<controller type='usb' index='0' model='nec-xhci' ports='8'/>"
                + "<controller type='usb' index='1' model='piix3-uhci'/>"
                + "<input type='tablet' bus='usb'/><input type='mouse'/>"
                + "<serial type='null'/><serial type='null'/><console type='null'/>"
                + "<channel type='null'><target type='virtio' name='a'/></channel>"
                + "<iommu model='intel'><driver intremap='on' caching_mode='on' iotlb='on' aw_bits='48'/></iommu>"
                + "<video><model type='vga' vram='16384'/></video><video><model type='qxl'/></video><graphics type='vnc'><listen type='none'/></graphics>"
                + "<watchdog model='itco'/><panic model='isa'/><rng model='virtio'/><audio id='1' type='none'/>";
        String xml = definition(devices)
                .replace("</os>", "<boot dev='hd'/><bootmenu enable='yes' timeout='3000'/></os>")
                .replace("<acpi/>", "<acpi/><smm state='off'/><ioapic driver='qemu'/>");
        Domain domain = read(xml);
        try (RealQemu qemu = start(domain);
                QmpClient client = QmpClient.connect(qemu.socket(), LIMIT, Runnable::run, e -> {}, e -> {})) {
            List<String> ids = new ArrayList<>();
            client.execute("qom-list", Map.of("path", "/machine/peripheral"), LIMIT)
                    .forEach(child -> ids.add(child.path("name").asText()));
            assertThat(ids).contains("virtio-disk0", "scsi-disk0", "scsi-disk1", "scsi1", "serial1", "input0");
        }
    }

    private static Domain read(String xml) {
        DefinitionReader.Reading reading = DefinitionReader.read(xml);
        assertThat(reading.findings())
                .filteredOn(f -> f.severity() == Severity.ERROR)
                .isEmpty();
        return reading.domain();
    }

    private RealQemu start(Domain domain) throws Exception {
        HostOverrides overrides = new HostOverrides(
                new Version(7, 2, 0),
                "tcg",
                UUID.fromString("11111111-2222-4333-8444-555555555555"),
                folder,
                Optional.empty(),
                Path.of("/h/bridge-helper"),
                Map.of(),
                false);
        return new RealQemu(
                RealQemu.system(), folder, CommandLine.of(domain, overrides).toArray(String[]::new));
    }

    private static String definition(String devices) {
        return """
            <domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
            <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
            <devices><memballoon model='none'/>%s</devices></domain>\
            """.formatted(devices);
    }
}
