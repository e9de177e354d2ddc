// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Finding;
import org.understudy.api.Severity;

/** Addresses and root ports that no guest could use are errors at define. */
@Timeout(30)
class PciRulesTest {
    private static final String NIC =
            "<interface type='user'><model type='virtio'/><address type='pci' %s/></interface>";
    private static final String PORT = "<controller type='pci' model='pcie-root-port' %s</controller>";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        q35 | bus='1' slot='5' function='0' | @slot
        q35 | bus='0' slot='32' function='0' | @slot
        q35 | bus='0' slot='-1' function='0' | @slot
        q35 | bus='1' slot='0' function='8' | @function
        q35 | bus='1' slot='0' function='1' | @function
        q35 | bus='0' slot='4' function='3' | @function
        q35 | bus='256' slot='0' function='0' | @bus
        q35 | bus='-1' slot='0' function='0' | @bus
        q35 | bus='0' slot='0x1f' function='2' | ''
        q35 | bus='0' slot='0x1f' function='0' | ''
        q35 | bus='0' function='1' | ''
        pc | bus='1' slot='3' function='0' | @bus
        pc | bus='0' slot='1' function='1' | ''
        """)
    void reportsAddressThatTheGuestCannotUse(String machine, String address, String part) {
        String path = "/domain/devices/interface/address" + (part.isEmpty() ? "" : "/" + part);
        assertThat(errors(machine, NIC.formatted(address))).contains(path);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        index='0'> | @index
        index='256'> | @index
        index='-3'> | @index
        index='1'><target chassis='256'/> | target/@chassis
        index='1'><target port='256'/> | target/@port
        index='1'><address type='pci' bus='2' slot='0'/> | address/@bus
        """)
    void reportsRootPortThatQemuRefuses(String port, String part) {
        assertThat(errors("q35", PORT.formatted(port))).contains("/domain/devices/controller/" + part);
    }

    @Test
    void reportsNumbersThatTwoRootPortsHave() {
        assertThat(errors(
                        "q35", PORT.formatted("index='1'><target chassis='3'/>").repeat(2)))
                .containsExactly(
                        "/domain/devices/controller[2]/@index", "/domain/devices/controller[2]/target/@chassis");
    }

    @Test
    void reportsFunctionZeroThatHidesTheOthers() {
        String first = "bus='0' slot='5' function='0' multifunction='off'";
        assertThat(errors("q35", NIC.formatted(first) + NIC.formatted("bus='0' slot='5' function='1'")))
                .containsExactly("/domain/devices/interface[1]/address/@multifunction");
    }

    @ParameterizedTest
    @CsvSource({"255, 1", "255, 0", "256, 1", "4000, 1", "231, 200"})
    void reportsMoreRootPortsThanTheMachineHasRoomFor(int ports, int nics) {
        String devices = IntStream.rangeClosed(1, ports)
                        .mapToObj(i -> PORT.formatted("index='" + i + "'>"))
                        .collect(Collectors.joining())
                + "<interface type='user'><model type='virtio'/></interface>".repeat(nics);
        assertThat(errors("q35", devices)).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"q35, 300, virtio", "q35, 40, e1000", "pc, 40, virtio"})
    void reportsMoreDevicesThanTheMachineHasRoomFor(String machine, int nics, String model) {
        String nic = "<interface type='user'><model type='" + model + "'/></interface>";
        assertThat(errors(machine, nic.repeat(nics)))
                .hasSize(1)
                .allMatch(s -> s.startsWith("/domain/devices/interface["));
    }

    @Test
    void acceptsAsManyRootPortsAsTheMachineHasRoomFor() {
        String devices = IntStream.rangeClosed(1, 232)
                .mapToObj(i -> PORT.formatted("index='" + i + "'>"))
                .collect(Collectors.joining());
        assertThat(errors("q35", devices)).isEmpty();
    }

    @Test
    void reportsAliasThatAnAddedRootPortHas() {
        String nic = "<interface type='user'><model type='virtio'/><alias name='port.auto0'/></interface>";
        assertThat(errors("q35", nic)).containsExactly("/domain/devices");
    }

    private static List<String> errors(String machine, String devices) {
        String xml = """
            <domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory>
            <os><type machine='%s'>hvm</type></os>
            <devices><memballoon model='none'/>%s</devices></domain>\
            """.formatted(machine, devices);
        return DefinitionReader.read(xml).findings().stream()
                .filter(f -> f.severity() == Severity.ERROR)
                .map(Finding::subject)
                .toList();
    }
}
