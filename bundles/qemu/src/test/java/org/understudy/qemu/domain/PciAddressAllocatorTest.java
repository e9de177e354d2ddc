// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Addresses must never change: the other host of a migration may run another version of Understudy. */
class PciAddressAllocatorTest {
    private static final String NIC = "<interface type='user'><model type='virtio'/>%s</interface>";

    @Test
    void assignsRootPortToEachDevice() {
        PciAddressAllocator allocator = allocate("q35", NIC.formatted("") + NIC.formatted(""));
        assertThat(ports(allocator)).containsExactly("port.auto0 0x02.0 multi 200", "port.auto1 0x02.1 201");
        assertThat(allocator.address("net1").options()).containsExactly("bus=port.auto1", "addr=0x00.0");
    }

    @Test
    void continuesInNextSlotAfterEightPorts() {
        assertThat(ports(allocate("q35", NIC.formatted("").repeat(9))).get(8)).isEqualTo("port.auto8 0x03.0 multi 208");
    }

    @Test
    void keepsAddressesOfTheDefinition() {
        PciAddressAllocator allocator = allocate(
                "q35",
                "<controller type='pci' index='0' model='pcie-root'/>"
                        + "<controller type='pci' index='1' model='pcie-root-port'><target chassis='7' port='0x10'/>"
                        + "<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/></controller>"
                        + NIC.formatted("<address type='pci' domain='0' bus='0x01' slot='0' function='0'/>")
                        + NIC.formatted(""));
        assertThat(ports(allocator)).containsExactly("port0 0x02.0 multi 7", "port.auto0 0x03.0 multi 200");
        assertThat(allocator.address("net0").bus()).isEqualTo("port0");
    }

    @Test
    void movesNoDeviceWhenRootPortIsAdded() {
        String port = "<controller type='pci' index='3' model='pcie-root-port'/>";
        PciAddressAllocator before = allocate("q35", NIC.formatted(""));
        PciAddressAllocator after = allocate("q35", NIC.formatted("") + port);
        assertThat(ports(after)).containsAll(ports(before)).contains("port0 0x10.2 3");
    }

    @Test
    void addsRootPortThatAnAddressRefersTo() {
        PciAddressAllocator allocator =
                allocate("q35", NIC.formatted("<address type='pci' bus='0x02' slot='0' function='0'/>"));
        assertThat(ports(allocator)).containsExactly("pci.1 0x10.0 multi 1", "pci.2 0x10.1 2");
    }

    @Test
    void addsRootPortsBelowTheHighestIndexAsLibvirtDoes() {
        assertThat(ports(allocate("q35", "<controller type='pci' index='10' model='pcie-root-port'/>")))
                .hasSize(10)
                .startsWith("pci.1 0x10.0 multi 1", "pci.2 0x10.1 2")
                .endsWith("pci.9 0x11.0 multi 9", "port0 0x11.1 10");
    }

    @Test
    void numbersRootPortsWithoutIndex() {
        String port = "<controller type='pci' model='pcie-root-port'/>";
        String second = "<controller type='pci' index='2' model='pcie-root-port'/>";
        assertThat(ports(allocate("q35", port + second + port + NIC.formatted(""))))
                .containsExactly(
                        "port.auto0 0x02.0 multi 200", "port0 0x10.0 multi 1", "port1 0x10.1 2", "port2 0x10.2 3");
    }

    @Test
    void placesFurtherRootPortsBesideThoseOfLibvirt() {
        String written =
                "<controller type='pci' index='%1$d' model='pcie-root-port'><target chassis='%1$d' port='0x1%2$d'/>"
                        + "<address type='pci' domain='0' bus='0' slot='0x02' function='0x%2$d'%3$s/></controller>";
        StringBuilder devices = new StringBuilder();
        for (int i = 1; i <= 7; i++) {
            devices.append(written.formatted(i, i - 1, i == 1 ? " multifunction='on'" : ""));
        }
        for (int i = 8; i <= 9; i++) {
            devices.append("<controller type='pci' index='%d' model='pcie-root-port'/>".formatted(i));
        }
        assertThat(ports(allocate("q35", devices.toString()))).endsWith("port7 0x02.7 8", "port8 0x10.0 multi 9");
    }

    @Test
    void setsMultifunctionWhereOtherFunctionsAreUsed() {
        PciAddressAllocator allocator = allocate(
                "q35",
                NIC.formatted("<address type='pci' bus='0' slot='5' function='0'/>")
                        + NIC.formatted("<address type='pci' bus='0' slot='5' function='1'/>")
                        + NIC.formatted("<address type='pci' bus='1' slot='0' function='0'/>")
                        + NIC.formatted("<address type='pci' bus='1' slot='0' function='3'/>"));
        assertThat(allocator.address("net0").options()).contains("multifunction=on");
        assertThat(allocator.address("net1").options()).doesNotContain("multifunction=on");
        assertThat(allocator.address("net2").options()).contains("multifunction=on");
        assertThat(allocator.address("net3").options()).containsExactly("bus=pci.1", "addr=0x00.3");
    }

    @Test
    void readsZerosAsAnyAddressAndABusAsItsFirstSlot() {
        PciAddressAllocator allocator = allocate(
                "q35",
                NIC.formatted("<address type='pci' domain='0x0000' bus='0x00' slot='0x00' function='0x0'/>")
                        + NIC.formatted("<address type='pci' bus='1'/>"));
        assertThat(allocator.address("net0").bus()).isEqualTo("port.auto0");
        assertThat(allocator.address("net1").options()).containsExactly("bus=pci.1", "addr=0x00.0");
    }

    @Test
    void placesDevicesOnRootBusIfDefinitionRequestsIt() {
        PciAddressAllocator allocator =
                allocate("q35", NIC.formatted("<address type='pci' bus='0' slot='0x5' function='0'/>"));
        assertThat(allocator.address("net0").options()).containsExactly("bus=pcie.0", "addr=0x05.0");
    }

    @Test
    void usesOneBusOnI440fx() {
        PciAddressAllocator allocator = allocate("pc", NIC.formatted("") + NIC.formatted(""));
        assertThat(allocator.ports()).isEmpty();
        assertThat(allocator.address("net1").options()).containsExactly("bus=pci.0", "addr=0x04.0");
    }

    private static List<String> ports(PciAddressAllocator allocator) {
        return allocator.ports().stream()
                .map(p -> p.id() + " " + p.address().addr() + (p.address().multifunction() ? " multi " : " ")
                        + p.chassis())
                .toList();
    }

    private static PciAddressAllocator allocate(String machine, String devices) {
        String xml = """
                <domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory>
                <os><type machine='%s'>hvm</type></os>
                <devices><memballoon model='none'/>%s</devices></domain>""".formatted(machine, devices);
        DefinitionReader.Reading reading = DefinitionReader.read(xml);
        assertThat(Stream.of(reading.findings())).allSatisfy(f -> assertThat(f).isEmpty());
        return PciAddressAllocator.of(reading.domain());
    }
}
