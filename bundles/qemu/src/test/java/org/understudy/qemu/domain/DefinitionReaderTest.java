// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;

/** Every part that is not mapped is reported. */
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
            <domain type='qemu'>|<domain type='kvm'><devices><iommu model='intel'><driver intremap='on'/></iommu></devices>|/domain/devices/iommu/driver/@intremap
            <vcpu>|<vcpu cpuset='3-1'>|/domain/vcpu/@cpuset
            <vcpu>|<vcpu cpuset='0-3,^4'>|/domain/vcpu/@cpuset
            <vcpu>|<vcpu cpuset='auto'>|/domain/vcpu/@cpuset
            <features>|<features><hyperv/>|/domain/features/hyperv
            arch='x86_64'|arch='riscv64'|/domain/os/type/@arch
            machine='q35'|machine='microvm'|/domain/os/type/@machine
            </os>|<boot dev='fd'/></os>|/domain/os/boot/@dev
            </os>|<loader type='pflash' format='qcow2'>/c</loader><nvram template='/v' templateFormat='raw'>/n</nvram></os>|/domain/os/nvram/@templateFormat
            <os>|<os firmware='efi'><nvram format='qcow2'>/n</nvram>|/domain/os/nvram/@format
            type='qemu'|type='xen'|/domain/@type
            <name>|<on_poweroff>preserve</on_poweroff><name>|/domain/on_poweroff
            <name>|<cpu mode='custom'><numa/></cpu><name>|/domain/cpu/numa
            <name>|<clock offset='timezone'/><name>|/domain/clock/@offset
            <name>|<seclabel type='dynamic' model='selinux'/><name>|/domain/seclabel/@type
            <name>|<memoryBacking><hugepages/></memoryBacking><name>|/domain/memoryBacking
            <name>|<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-s'/></commandline><name>|/domain/commandline
            <name>|stray<name>x</name><name>|/domain/name[2]
            <vcpu>|<resource><partition>/vms</partition></resource><vcpu>|/domain/resource/partition
            <features>|<features><apic eoi='on'/>|/domain/features/apic/@eoi
            <features>|<features><pae state='off'/>|/domain/features/pae/@state
            <name>|<cpu mode='custom' migratable='on'/><name>|/domain/cpu/@migratable
            <name>|<cpu mode='maximum'><feature policy='require' name='a,b'/></cpu><name>|/domain/cpu/feature/@name
            </os>|<nvram>/x</nvram></os>|/domain/os/nvram
            <os>|<os firmware='efi'><nvram template='/x'/>|/domain/os/nvram/@template
            <devices>|<devices><emulator>/opt/qemu/bin/qemu-system-x86_64</emulator>|/domain/devices/emulator
            <devices>|<devices><interface type='bridge'><source bridge='br0'/><target dev='tap-web1'/><model type='virtio'/></interface>|/domain/devices/interface/target/@dev
            <devices>|<devices><interface type='user'><driver name='vhost'/><model type='virtio'/></interface>|/domain/devices/interface/driver/@name
            <devices>|<devices><interface type='user' trustGuestRxFilters='yes'><model type='virtio'/></interface>|/domain/devices/interface/@trustGuestRxFilters
            <devices>|<devices><interface type='user'><vlan><tag id='42'/></vlan><model type='virtio'/></interface>|/domain/devices/interface/vlan
            <devices>|<devices><interface type='user'><mtu size='9000'/><model type='e1000e'/></interface>|/domain/devices/interface
            <devices>|<devices><interface type='user'><model type='virtio'/><address type='usb' bus='0' port='1'/></interface>|/domain/devices/interface/address/@type
            <devices>|<devices><disk type='file'><target dev='vda'/><source file='/x'/><address type='drive' unit='1'/></disk>|/domain/devices/disk/address/@type
            <devices>|<devices><disk type='file'><target dev='sda' bus='scsi'/><source file='/x'/><address type='drive' bus='1'/></disk>|/domain/devices/disk/address/@bus
            <devices>|<devices><disk type='file'><target dev='sda' bus='sata'/><source file='/x'/><address type='drive' controller='1'/></disk>|/domain/devices/disk/address/@controller
            <devices>|<devices><disk type='file'><driver queues='4'/><target dev='sda' bus='scsi'/><source file='/x'/></disk>|/domain/devices/disk/driver/@queues
            <devices>|<devices><controller type='sata' index='0'><driver iothread='1'/></controller>|/domain/devices/controller/driver
            <devices>|<devices><controller type='sata' index='0'><address type='pci' domain='0' bus='0' slot='4' function='0'/></controller>|/domain/devices/controller/address/@slot
            <devices>|<devices><controller type='usb' model='none'/><input type='tablet' bus='usb'/>|/domain/devices/input
            <devices>|<devices><input type='tablet' bus='ps2'/>|/domain/devices/input/@bus
            <devices>|<devices><video><model type='vga' primary='no'/></video>|/domain/devices/video/model/@primary
            <devices>|<devices><video><model type='vga' vram='500'/></video>|/domain/devices/video/model/@vram
            <devices>|<devices><serial type='pty'><log file='/x' append='off'/></serial>|/domain/devices/serial/log/@append
            <devices>|<devices><serial type='unix'><source path='/x' append='on'/></serial>|/domain/devices/serial/source/@append
            <devices>|<devices><disk><target dev='vda'/><source file='/x'/></disk><disk><target dev='vda'/><source file='/y'/></disk>|/domain/devices/disk[2]/target/@dev
            <devices>|<devices><disk><target dev='sdg' bus='sata'/><source file='/x'/></disk>|/domain/devices/disk/target/@dev
            <devices>|<devices><disk><target dev='sda' bus='sata'/><source file='/x'/><address type='drive' unit='6'/></disk>|/domain/devices/disk/address
            <devices>|<devices><disk><target dev='sda' bus='scsi'/><source file='/x'/><address type='drive' controller='256'/></disk>|/domain/devices/disk/address
            <devices>|<devices><disk><target dev='sda' bus='sata'/><source file='/x'/><readonly/></disk>|/domain/devices/disk/readonly
            <devices>|<devices><disk><driver type='qcow2'/><target dev='vda'/><source file='/x'/><shareable/></disk>|/domain/devices/disk/shareable
            <devices>|<devices><serial type='null'><target port='1'/></serial><serial type='null'><target port='1'/></serial>|/domain/devices/serial[2]/target/@port
            <devices>|<devices><serial type='null'/><serial type='null'/><serial type='null'/><serial type='null'/><serial type='null'/>|/domain/devices/serial[5]/target/@port
            <devices>|<devices><serial type='null'><target port='4'/></serial>|/domain/devices/serial/target/@port
            <devices>|<devices><console type='null'/><console type='null'/>|/domain/devices/console[2]
            <devices>|<devices><controller type='scsi' index='1' model='virtio-scsi'/><controller type='scsi' index='1' model='virtio-scsi'/>|/domain/devices/controller[2]/@index
            <devices>|<devices><controller type='usb' index='0' model='qemu-xhci' ports='16'/>|/domain/devices/controller/@ports
            <devices>|<devices><video><model type='vga'/></video><video><model type='vga'/></video>|/domain/devices/video[2]/model/@type
            <devices>|<devices><interface type='user'><model type='virtio'/><boot order='1'/></interface><disk><target dev='vda'/><source file='/x'/><boot order='1'/></disk>|/domain/devices/disk/boot/@order
            <devices>|<devices><interface type='user'><model type='virtio'/><boot order='0'/></interface>|/domain/devices/interface/boot/@order
            <devices>|<devices><interface type='user'><model type='virtio'/><link state='down'/></interface>|/domain/devices/interface/link/@state
            <devices>|<devices><audio id='1' type='alsa'/>|/domain/devices/audio/@type
            <name>|<cpu mode='maximum'><topology sockets='2' cores='2' threads='1'/></cpu><name>|/domain/cpu/topology
            <name>|<cpu mode='maximum'><topology sockets='1' clusters='2' cores='1' threads='1'/></cpu><name>|/domain/cpu/topology/@clusters
            <vcpu>|<vcpu current='3'>|/domain/vcpu
            model='none'/>|model='virtio' autodeflate='on,x=y'/>|/domain/devices/memballoon/@autodeflate
            <devices>|<devices><interface type='hostdev'><source><address bus='1' slot='0x20' function='0'/></source></interface>|/domain/devices/interface/source/address
            <devices>|<devices><interface type='user'><model type='virtio'/><address type='pci' bus='1' slot='0x20'/></interface>|/domain/devices/interface/address/@slot
            machine='q35'|machine='xq35'|/domain/os/type/@machine
            unit='MiB'|unit='megs'|/domain/memory/@unit
            """)
    void reportsUnmappedParts(String text, String replacement, String path) {
        List<Finding> findings = findings(definition().replace(text, replacement));
        assertThat(findings).anySatisfy(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.DEFINITION_UNSUPPORTED);
            assertThat(f.severity()).isEqualTo(Severity.ERROR);
            assertThat(f.subject()).isEqualTo(path);
            assertThat(f.remedy()).isNotBlank();
        });
    }

    @Test
    void reportsSecureBootWithoutSmm() {
        String secure = definition()
                .replace("</os>", "<loader type='pflash' secure='yes'>/c</loader></os>")
                .replace("<acpi/>", "<smm state='off'/>");
        assertThat(findings(secure)).extracting(Finding::subject).containsExactly("/domain/features/smm/@state");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        <interface type='user'><model/></interface>|/domain/devices/interface
        <interface type='user'><model type='virtio'/><teaming/></interface>|/domain/devices/interface/teaming
        <video/>|/domain/devices/video
        """)
    void reportsPartsWithoutTheirType(String device, String path) {
        assertThat(findings(definition().replace("<devices>", "<devices>" + device)))
                .extracting(Finding::code, Finding::subject)
                .containsExactly(tuple(FindingCode.DEFINITION_INCOMPLETE, path));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        <controller type='scsi' index='0'/>|/domain/devices/controller/@model
        <disk device='cdrom'><target dev='sda'/></disk>|/domain/devices/disk/target/@bus
        <disk><source file='/x'/><target dev='hda'/></disk>|/domain/devices/disk/target/@bus
        """)
    void warnsWhereADefaultIsNotThatOfLibvirt(String device, String path) {
        assertThat(findings(definition().replace("<devices>", "<devices>" + device)))
                .extracting(Finding::severity, Finding::subject)
                .containsExactly(tuple(Severity.WARNING, path));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "11111111-2222-4333-8444-55555555aBcd",
                "11-11111122-22433384445555--5555abcd",
                "11111111222243338444-55555555ABCD",
                " 11111111-2222-4333-8444-55555555abcd\n"
            })
    void readsUuidInEveryFormOfLibvirt(String uuid) {
        String named = definition().replace("<name>", "<uuid>" + uuid + "</uuid><name>");
        assertThat(DefinitionReader.read(named).domain().uuid())
                .contains(UUID.fromString("11111111-2222-4333-8444-55555555abcd"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "../x", " x", "-x", ""})
    void refusesANameThatIsNotUsableForFiles(String name) {
        assertRefused(
                ErrorCode.INVALID_ARGUMENT,
                definition().replaceFirst("<name>[^<]*</name>", "<name>" + name + "</name>"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1-1-1-1-1",
                "11111111-2222-4333-8444-55555555abc",
                "g1111111-2222-4333-8444-55555555abcd",
                "1-1111111-2222-4333-8444-55555555abcd"
            })
    void refusesUuidThatLibvirtRefuses(String uuid) {
        assertRefused(ErrorCode.INVALID_ARGUMENT, definition().replace("<name>", "<uuid>" + uuid + "</uuid><name>"));
    }

    @Test
    @Timeout(30)
    void readsHugeDefinitionsInBoundedTime() {
        String disks = IntStream.range(0, 20_000)
                .mapToObj(i -> "<disk><source file='/x'/><target dev='vd%c%c'/></disk>"
                        .formatted('a' + i / 26 % 26, 'a' + i % 26))
                .collect(Collectors.joining());
        String ranges = "<range start='1' end='1000'/>".repeat(10_000);
        String forwards =
                "<interface type='user'><model type='virtio'/><portForward>" + ranges + "</portForward></interface>";
        for (String devices : List.of(disks, forwards)) {
            assertThat(Finding.anyBlocking(findings(definition().replace("<devices>", "<devices>" + devices))))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"'0-3,^2,8', '0,1,3,8'", "' 5 ', 5", "'1-2,1', '1,2'"})
    void readsTheCpusOfTheHost(String list, String expected) {
        assertThat(DefinitionReader.read(definition().replace("<vcpu>", "<vcpu cpuset='" + list + "'>"))
                        .domain()
                        .vcpus()
                        .hostCpus())
                .contains(expected);
    }

    @Test
    void acceptsHarmlessPartsWithoutFinding() {
        assertThat(
                        findings(
                                definition()
                                        .replace(
                                                "<vcpu>",
                                                "<title>t</title><description>d</description><metadata><x xmlns='urn:x' y='z'/></metadata>"
                                                        + "<resource><partition>/machine</partition></resource><seclabel type='none'/><vcpu>")))
                .isEmpty();
    }

    @Test
    void warnsAboutVfThatIsNotPrepared() {
        String named = "<interface type='hostdev' managed='yes'><mac address='52:54:00:00:00:01'/>"
                + "<source><address type='pci' bus='1' slot='0x10' function='0'/></source></interface>"
                + "<hostdev mode='subsystem' type='pci' managed='yes'>"
                + "<source><address bus='1' slot='0x10' function='2'/></source></hostdev>";

        assertThat(findings(definition().replace("<devices>", "<devices>" + named)))
                .allSatisfy(f -> assertThat(f.severity()).isEqualTo(Severity.WARNING))
                .extracting(Finding::subject)
                .containsExactly(
                        "/domain/devices/interface/@managed",
                        "/domain/devices/interface/mac",
                        "/domain/devices/hostdev/@managed");
    }

    @Test
    void acceptsVfOfPoolWithoutWarning() {
        String pooled = "<interface type='network' managed='yes'><mac address='52:54:00:00:00:01'/>"
                + "<source network='fast'/><vlan><tag id='42'/></vlan>"
                + "<teaming type='transient' persistent='ua-s'/></interface>"
                + "<interface type='user' trustGuestRxFilters='yes'><model type='virtio'/>"
                + "<teaming type='persistent'/></interface>"
                + "<hostdev mode='subsystem' type='pci' managed='no'>"
                + "<source><address bus='1' slot='0x10' function='2'/></source></hostdev>";

        assertThat(findings(definition().replace("<devices>", "<devices>" + pooled)))
                .isEmpty();
    }

    @Test
    void keepsPasswordsOutOfFindings() {
        String graphics = "<graphics type='vnc' passwd='s3cret'/><x passwd='s4cret'/>";
        assertThat(findings(definition().replace("<devices>", "<devices>" + graphics)))
                .extracting(Finding::message)
                .anyMatch(message -> message.contains("passwd") && message.contains("'***'"))
                .noneMatch(message -> message.contains("s3cret") || message.contains("s4cret"));
    }

    @Test
    void readsPrimaryOnANetworkAsVfUnlessItIsRequestedToBeEmulated() {
        String primary = "<interface type='network'><source network='br0'/><model type='e1000e'/>"
                + "<teaming type='transient' persistent='ua-s'/></interface>";
        String vf = definition().replace("<devices>", "<devices>" + primary);
        String emulated = vf.replace(
                "<name>",
                "<metadata><u:pairs xmlns:u='https://understudy.org/xmlns/domain/1.0'>"
                        + "<u:pair standby='ua-s' kind='emulated'/></u:pairs></metadata><name>");
        assertThat(DefinitionReader.read(vf).domain().devices(Device.PassedThrough.class))
                .extracting(Device.PassedThrough::pool)
                .containsExactly(Optional.of("br0"));
        assertThat(DefinitionReader.read(emulated).domain().devices(Device.Nic.class))
                .hasSize(1);
    }

    @Test
    void reportsIgnoredAddressAsNotice() {
        String devices = "<controller type='sata' index='0'><alias name='ide'/>"
                + "<address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/></controller>"
                + "<input type='mouse' bus='ps2'><alias name='input0'/></input>"
                + "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/>"
                + "<address type='virtio-serial' controller='0' bus='0' port='1'/></channel>"
                + "<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>"
                + "<memballoon model='virtio'><stats period='5'/></memballoon>";

        assertThat(findings(definition().replace("<devices>", "<devices>" + devices)))
                .allSatisfy(f -> assertThat(f.severity()).isEqualTo(Severity.NOTICE))
                .extracting(Finding::subject)
                .containsExactly(
                        "/domain/devices/channel/address",
                        "/domain/devices/input[2]/address",
                        "/domain/devices/memballoon[1]/stats");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            <memory unit='MiB'>64</memory>|<memory>x</memory>
            <memory unit='MiB'>64</memory>|<memory unit='MiB'>99999999999999999999</memory>
            <vcpu>1|<vcpu>many
            """)
    void reportsMalformedNumber(String text, String replacement) {
        assertThat(Finding.anyBlocking(findings(definition().replace(text, replacement))))
                .isTrue();
    }

    @Test
    void doesNotReportEmulatedPrimary() {
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
    void reportsLineOfSyntaxError() {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> DefinitionReader.read("<domain>\n<name></domain>"))
                .withMessageContaining("Line 2")
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
