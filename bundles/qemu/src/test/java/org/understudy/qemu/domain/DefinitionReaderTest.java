// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;

/** Nothing is dropped in silence. */
class DefinitionReaderTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            <devices>|<devices><tpm model='tpm-tis'/>|/domain/devices/tpm
            <devices>|<devices><interface type='direct'><model type='virtio'/></interface>|/domain/devices/interface/@type
            <devices>|<devices><interface type='user'><model type='ne2k'/></interface>|/domain/devices/interface/model/@type
            <devices>|<devices><interface type='user'><model type='virtio'/><bandwidth><inbound average='1'/></bandwidth></interface>|/domain/devices/interface/bandwidth
            <devices>|<devices><interface type='user'><backend type='passt'/><model type='virtio'/></interface>|/domain/devices/interface/backend/@type
            <devices>|<devices><interface type='hostdev'><source><address bus='1' slot='0' function='0'/></source><vlan><tag id='4'/></vlan></interface>|/domain/devices/interface/vlan
            <devices>|<devices><disk type='network'><target dev='vda'/><source file='/x'/></disk>|/domain/devices/disk/@type
            <devices>|<devices><disk type='file'><driver type='vmdk'/><target dev='vda'/><source file='/x'/></disk>|/domain/devices/disk/driver/@type
            <devices>|<devices><disk type='file'><target dev='vda'/><source file='/x'/><iotune/></disk>|/domain/devices/disk/iotune
            <devices>|<devices><disk type='file'><target dev='vda'/><source file='/x' startupPolicy='optional'/></disk>|/domain/devices/disk/source/@startupPolicy
            <devices>|<devices><graphics type='spice'/>|/domain/devices/graphics/@type
            <devices>|<devices><graphics type='vnc' port='5900'/>|/domain/devices/graphics/@port
            <devices>|<devices><controller type='usb' model='ich9-ehci1'/>|/domain/devices/controller/@model
            <devices>|<devices><controller type='pci' index='1' model='pcie-to-pci-bridge'/>|/domain/devices/controller/@model
            <devices>|<devices><emulator>/tmp/evil</emulator>|/domain/devices/emulator
            <devices>|<devices><hostdev mode='subsystem' type='usb'/>|/domain/devices/hostdev/@type
            <devices>|<devices><serial type='tcp'/>|/domain/devices/serial/@type
            <devices>|<devices><filesystem/>|/domain/devices/filesystem
            <vcpu>|<memtune><hard_limit>1</hard_limit></memtune><vcpu>|/domain/memtune
            <vcpu>|<vcpu cpuset='1-2'>|/domain/vcpu/@cpuset
            <features>|<features><hyperv/>|/domain/features/hyperv
            arch='x86_64'|arch='riscv64'|/domain/os/type/@arch
            machine='q35'|machine='microvm'|/domain/os/type/@machine
            </os>|<boot dev='fd'/></os>|/domain/os/boot/@dev
            type='qemu'|type='xen'|/domain/@type
            <name>|<on_poweroff>preserve</on_poweroff><name>|/domain/on_poweroff
            <name>|<cpu mode='custom'><numa/></cpu><name>|/domain/cpu/numa
            <name>|<clock offset='timezone'/><name>|/domain/clock/@offset
            <name>|<seclabel type='dynamic' model='selinux'/><name>|/domain/seclabel/@type
            <name>|<memoryBacking><hugepages/></memoryBacking><name>|/domain/memoryBacking
            <name>|<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-s'/></commandline><name>|/domain/commandline
            <name>|stray<name>x</name><name>|/domain/name[2]
            """)
    void reportsWhatItDoesNotMap(String text, String replacement, String path) {
        List<Finding> findings = findings(definition().replace(text, replacement));
        assertThat(findings).anySatisfy(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.DEFINITION_UNSUPPORTED);
            assertThat(f.severity()).isEqualTo(Severity.ERROR);
            assertThat(f.subject()).isEqualTo(path);
            assertThat(f.remedy()).isNotBlank();
        });
    }

    @Test
    void takesHarmlessPartsWithoutFinding() {
        assertThat(
                        findings(
                                definition()
                                        .replace(
                                                "<vcpu>",
                                                "<title>t</title><description>d</description><metadata><x xmlns='urn:x' y='z'/></metadata>"
                                                        + "<resource><partition>/machine</partition></resource><seclabel type='none'/><vcpu>")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            <memory unit='MiB'>64</memory>|<memory>x</memory>
            <memory unit='MiB'>64</memory>|<memory unit='MiB'>99999999999999999999</memory>
            <vcpu>1|<vcpu>many
            """)
    void reportsNumberThatIsNone(String text, String replacement) {
        assertThat(Finding.anyBlocking(findings(definition().replace(text, replacement))))
                .isTrue();
    }

    @Test
    void leavesTheWarningOfAnEmulatedPrimaryToTheLinter() {
        String primary =
                "<interface type='user'><model type='e1000e'/><teaming type='transient' persistent='ua-s'/></interface>";
        assertThat(findings(definition().replace("<devices>", "<devices>" + primary)))
                .isEmpty();
    }

    @Test
    void reportsTwoDevicesAtOneAddressAndWithOneAlias() {
        String nic = "<interface type='user'><model type='virtio'/><alias name='ua-n'/>"
                + "<address type='pci' domain='0' bus='1' slot='0' function='0'/></interface>";
        assertThat(findings(definition().replace("<devices>", "<devices>" + nic + nic)))
                .extracting(Finding::subject)
                .contains("/domain/devices/interface[2]/address", "/domain/devices/interface[2]/alias");
    }

    @Test
    void refusesDocumentTypeDeclaration() {
        assertRefused(ErrorCode.XML_REFUSED, "<!DOCTYPE domain>" + definition());
    }

    @Test
    void refusesExternalEntityWithoutReadingIt() {
        assertRefused(
                ErrorCode.XML_REFUSED,
                "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><domain><name>&x;</name></domain>");
    }

    @Test
    void refusesEntityBomb() {
        assertRefused(
                ErrorCode.XML_REFUSED,
                "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;'>]>"
                        + "<domain><name>&c;</name></domain>");
    }

    @Test
    void refusesHugeDocument() {
        assertRefused(ErrorCode.XML_REFUSED, "<domain>" + " ".repeat(5_000_000) + "</domain>");
    }

    @Test
    void namesPlaceOfSyntaxError() {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> DefinitionReader.read("<domain>\n<name></domain>"))
                .withMessageContaining("line 2")
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.MALFORMED_XML));
    }

    @Test
    void refusesOtherRoot() {
        assertRefused(ErrorCode.MALFORMED_XML, "<network/>");
    }

    private static void assertRefused(ErrorCode code, String xml) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> DefinitionReader.read(xml))
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    private static List<Finding> findings(String xml) {
        return DefinitionReader.read(xml).findings();
    }

    private static String definition() {
        return """
                <domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
                <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
                <devices><memballoon model='none'/></devices></domain>""";
    }
}
