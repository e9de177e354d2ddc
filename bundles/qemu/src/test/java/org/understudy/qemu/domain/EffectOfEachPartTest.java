// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.understudy.api.Finding;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.XmlElement;

/**
 * Each element and attribute of a rich definition has an effect: without it, the arguments or the findings are others.
 * The exceptions are listed with the reason.
 */
class EffectOfEachPartTest {
    /** One reason a line, then its paths. A part with a default is listed if the definition states the default. */
    private static final String WITHOUT_EFFECT = """
        For people and for programs that manage the VM: title, description, metadata
        libvirt records the state of a running VM: @id, devices/console/@tty, devices/console/source,
          devices/console/source/@path, devices/channel/target/@state, devices/disk/source/@index,
          devices/disk/backingStore, devices/interface/target, devices/interface/target/@dev
        The only supported value: devices/interface/link, devices/interface/link/@state, resource, resource/partition, seclabel, seclabel/@type, seclabel/@model,
          vcpu/@placement, os/type/@arch, os/loader/@readonly,
          os/loader/@type, cpu/@match, on_poweroff, devices/audio/@type, devices/rng/@model,
          devices/channel/target/@type, devices/graphics/@autoport, devices/graphics/@port, devices/graphics/@type,
          devices/iommu/@model, devices/hostdev/@mode, devices/hostdev/@type, devices/hostdev/driver, devices/hostdev/driver/@name,
          devices/interface/ip/@family, devices/panic/@model, devices/video/model/@heads,
          devices/video/model/@primary, devices/controller:pcie-root-port/model,
          devices/controller:pcie-root-port/model/@name, devices/serial/target/@type, devices/serial/target/model,
          devices/serial/target/model/@name, devices/serial/log/@append, devices/disk/driver/@name
        The default: os/nvram/@templateFormat, os/nvram/@format, os/loader/@format, @type, memory/@unit, currentMemory/@unit, vcpu, os/boot/@dev, clock/@offset, cpu/@mode, cpu/@check,
          cpu/topology/@dies, devices/disk/@type, devices/disk/@device, devices/disk/driver/@type,
          devices/disk/target/@bus, devices/graphics/listen/@type, devices/hostdev/@managed,
          devices/hostdev/source/address/@domain, devices/hostdev/source/address/@slot, devices/input:usb/@bus,
          devices/input:usb/@type, devices/interface/@type, devices/memballoon/@model, devices/rng/backend/@model,
          devices/watchdog/@model, devices/disk/address/@bus, devices/disk/address/@domain,
          devices/disk/address/@function, devices/disk/address/@slot, devices/disk/address/@type, clock/timer:rtc/@name
        The default of QEMU: clock/timer:pit, clock/timer:pit/@tickpolicy, clock/timer:kvmclock,
          clock/timer:kvmclock/@present, cpu/@migratable
        Every x86 machine has it: features/apic, features/pae, devices/input:ps2, devices/input:ps2/@bus,
          devices/input:ps2/alias, devices/input:ps2/alias/@name
        x86 has no clusters: cpu/topology/@clusters
        The connector never chooses another model: cpu/model/@fallback
        The firmware that libvirt chose by it is in the definition: os/@firmware, os/firmware
        Secure boot implies it: features/smm, features/smm/@state
        The host option binary selects the program: devices/emulator
        No sound device is supported: devices/audio, devices/audio/@id
        The machine has it anyway, at this place: devices/controller:pcie-root, devices/controller:pcie-root/@index,
          devices/controller:pcie-root/@model, devices/controller:pcie-root/@type,
          devices/controller:pcie-root/alias, devices/controller:pcie-root/alias/@name, devices/controller:sata,
          devices/controller:sata/@index, devices/controller:sata/address, devices/controller:sata/address/@bus,
          devices/controller:sata/address/@domain, devices/controller:sata/address/@function,
          devices/controller:sata/address/@slot, devices/controller:sata/address/@type,
          devices/controller:sata/alias, devices/controller:sata/alias/@name
        The controller gets the same number or place without it: devices/controller:nec-xhci/@index,
          devices/controller:virtio-serial/@index, devices/controller:pcie-root-port/@index,
          devices/controller:pcie-root-port/@type, devices/controller:pcie-root-port/address,
          devices/controller:pcie-root-port/address/@bus, devices/controller:pcie-root-port/address/@domain,
          devices/controller:pcie-root-port/address/@function, devices/controller:pcie-root-port/address/@type,
          devices/controller:pcie-root-port/address/@multifunction
        A shareable disk has this cache mode: devices/disk/driver/@cache
        libvirt copies the first serial port over it: devices/console, devices/console/@type, devices/console/target,
          devices/console/target/@port, devices/console/target/@type
        The lease of the VF applies it: devices/interface/@managed, devices/interface/@trustGuestRxFilters,
          devices/interface/mac, devices/interface/mac/@address, devices/interface/vlan, devices/interface/vlan/tag,
          devices/interface/vlan/tag/@id
        A VF has no model: devices/interface/model, devices/interface/model/@type
        """;

    @Test
    void everyPartOfADefinitionHasAnEffectOrAReason() {
        Set<String> silent = new TreeSet<>();
        for (String definition : List.of(rich(), uefi())) {
            List<String> whole = reading(definition);
            assertThat(whole).as("%s", whole).noneMatch(line -> line.startsWith("ERROR"));
            for (Part part : parts(definition)) {
                if (reading(part.rest()).equals(whole)) {
                    silent.add(part.path());
                }
            }
        }
        Set<String> listed = WITHOUT_EFFECT
                .replaceAll("\\n +", " ")
                .lines()
                .map(line -> line.substring(line.indexOf(": ") + 2))
                .flatMap(paths -> Stream.of(paths.split(", *")))
                .collect(Collectors.toSet());
        assertThat(silent).isEqualTo(new TreeSet<>(listed));
    }

    /** The path of an element or attribute, and the document without it. */
    private record Part(String path, String rest) {}

    private static List<Part> parts(String definition) {
        DomainDocument document = DomainDocument.parse(definition);
        List<Part> parts = new ArrayList<>();
        collect(document, document.root(), "", parts);
        return parts;
    }

    private static void collect(DomainDocument document, XmlElement element, String path, List<Part> parts) {
        for (XmlElement.Attribute attribute : element.attributes()) {
            parts.add(new Part(
                    path + "@" + attribute.name(),
                    new Edits(document).remove(attribute).apply()));
        }
        for (XmlElement child : element.children()) {
            String below = path + child.localName() + kind(child);
            parts.add(new Part(below, new Edits(document).remove(child).apply()));
            if (!below.equals("metadata") && !below.equals("os/firmware")) {
                collect(document, child, below + "/", parts);
            }
        }
    }

    private static String kind(XmlElement element) {
        return switch (element.localName()) {
            case "controller" -> ":" + element.attributeOr("model", element.attributeOr("type", ""));
            case "timer" -> ":" + element.attributeOr("name", "");
            case "input" -> ":" + element.attributeOr("bus", element.attributeOr("type", ""));
            default -> "";
        };
    }

    /** Arguments and findings. */
    private static List<String> reading(String definition) {
        List<String> lines = new ArrayList<>();
        try {
            DefinitionReader.Reading reading = DefinitionReader.read(definition);
            reading.findings().forEach(f -> lines.add(f.severity() + " " + f.subject() + " " + f.message()));
            if (!Finding.anyBlocking(reading.findings())) {
                HostOverrides overrides = new HostOverrides(
                        new Version(7, 2, 0),
                        reading.domain().kvm() ? "kvm" : "tcg",
                        reading.domain().uuid().orElse(new UUID(0, 0)),
                        Path.of("/vm"),
                        Optional.empty(),
                        Path.of("/h/bridge-helper"),
                        Map.of("ua-p0", PciAddress.parse("01:10.2"), "hostdev0", PciAddress.parse("01:10.2")),
                        false);
                lines.addAll(CommandLine.of(reading.domain(), overrides));
                lines.add(reading.domain().firmware() + " " + reading.domain().memory() + " "
                        + reading.domain().vcpus());
            }
        } catch (UnderstudyException e) {
            lines.add("ERROR " + e.getMessage());
        }
        return lines;
    }

    private static String rich() {
        return """
            <domain type='kvm' id='7'>
              <name>rich</name>
              <uuid>11111111-2222-4333-8444-555555555555</uuid>
              <title>t</title>
              <description>d</description>
              <metadata><x xmlns='urn:x'/></metadata>
              <memory unit='KiB'>2097152</memory>
              <currentMemory unit='KiB'>1048576</currentMemory>
              <vcpu placement='static' cpuset='1-3' current='2'>4</vcpu>
              <resource><partition>/machine</partition></resource>
              <seclabel type='none' model='none'/>
              <os>
                <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
                <kernel>/k</kernel><initrd>/i</initrd><cmdline>c</cmdline>
                <boot dev='hd'/><boot dev='network'/><boot dev='cdrom'/>
                <bootmenu enable='yes' timeout='3000'/>
              </os>
              <features><acpi/><apic/><pae/><vmport state='off'/><smm state='off'/><ioapic driver='qemu'/></features>
              <cpu mode='custom' match='exact' check='full'>
                <model fallback='forbid'>EPYC</model>
                <topology sockets='1' dies='1' clusters='1' cores='2' threads='2'/>
                <feature policy='disable' name='svm'/>
              </cpu>
              <clock offset='utc'>
                <timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/>
                <timer name='hpet' present='no'/><timer name='kvmclock' present='yes'/>
              </clock>
              <on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot><on_crash>preserve</on_crash>
              <pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>
              <devices>
                <emulator>/usr/bin/qemu-system-x86_64</emulator>
                <controller type='pci' index='0' model='pcie-root'><alias name='pcie.0'/></controller>
                <controller type='pci' index='1' model='pcie-root-port'>
                  <model name='pcie-root-port'/><target chassis='7' port='0x10' hotplug='off'/>
                  <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/>
                </controller>
                <controller type='pci' index='2' model='pcie-root-port'>
                  <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x1'/>
                </controller>
                <controller type='sata' index='0'>
                  <alias name='sata0'/>
                  <address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/>
                </controller>
                <controller type='scsi' index='2' model='virtio-scsi'><driver queues='4'/><alias name='ua-hba'/></controller>
                <controller type='virtio-serial' index='0' ports='16'/>
                <controller type='usb' index='0' model='nec-xhci' ports='8'/>
                <disk type='block' device='disk'>
                  <driver name='qemu' type='raw' cache='none' io='native' discard='unmap' detect_zeroes='on'
                          error_policy='stop' rerror_policy='report' queues='2'/>
                  <source dev='/dev/b' index='3'/><backingStore/>
                  <target dev='vdb' bus='virtio'/><serial>S</serial><shareable/>
                  <blockio logical_block_size='512' physical_block_size='4096'/>
                  <alias name='ua-disk'/>
                  <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
                </disk>
                <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a'/><target dev='vda' bus='virtio'/><readonly/></disk>
                <disk type='file' device='disk'>
                  <source file='/s'/><target dev='sda' bus='scsi'/><address type='drive' controller='2' bus='0' target='3' unit='5'/>
                </disk>
                <disk type='file' device='cdrom'><source file='/c'/><target dev='sdb' bus='sata'/></disk>
                <interface type='user' trustGuestRxFilters='yes'>
                  <mac address='52:54:00:11:22:01'/><model type='virtio'/><teaming type='persistent'/><alias name='ua-s'/>
                  <ip family='ipv4' address='10.9.0.0' prefix='16'/>
                  <portForward proto='udp' address='127.0.0.1'><range start='2022' end='2023' to='22'/></portForward>
                  <rom bar='off' file='/r'/>
                </interface>
                <interface type='bridge'>
                  <mac address='52:54:00:11:22:02'/><source bridge='br0'/><model type='virtio'/><target dev='vnet1'/>
                  <driver name='vhost' rx_queue_size='512' tx_queue_size='256'/><mtu size='9000'/><link state='up'/>
                </interface>
                <interface type='network' managed='yes'>
                  <mac address='52:54:00:11:22:01'/><source network='vfs'/><model type='rtl8139'/><vlan><tag id='4'/></vlan>
                  <teaming type='transient' persistent='ua-s'/><alias name='ua-p0'/><rom enabled='no'/>
                </interface>
                <hostdev mode='subsystem' type='pci' managed='no'>
                  <driver name='vfio'/><source><address domain='0x0000' bus='0x05' slot='0x00' function='0x1'/></source>
                </hostdev>
                <serial type='file'>
                  <source path='/l' append='on'/><target type='isa-serial' port='1'><model name='isa-serial'/></target>
                  <log file='/g' append='on'/>
                </serial>
                <serial type='unix'><source mode='bind' path='/u'/></serial>
                <console type='pty' tty='/dev/pts/2'><source path='/dev/pts/2'/><target type='serial' port='0'/></console>
                <channel type='unix'><target type='virtio' name='x' state='connected'/></channel>
                <input type='tablet' bus='usb'/><input type='mouse' bus='ps2'><alias name='input1'/></input>
                <input type='keyboard' bus='usb'/>
                <graphics type='vnc' autoport='no' port='-1'><listen type='socket' socket='/v'/></graphics>
                <audio id='1' type='none'/>
                <video><model type='vga' vram='32768' heads='1' primary='yes'/></video>
                <video><model type='qxl' ram='32768' vram='16384' vram64='16384' vgamem='8192' heads='2'/></video>
                <watchdog model='i6300esb' action='poweroff'/>
                <iommu model='intel'><driver intremap='on' caching_mode='on' eim='on' iotlb='on' aw_bits='48'/></iommu>
                <panic model='isa'/>
                <memballoon model='virtio' autodeflate='on' freePageReporting='on'/>
                <rng model='virtio'><rate bytes='1024' period='2000'/><backend model='random'>/dev/random</backend></rng>
              </devices>
            </domain>
            """;
    }

    private static String uefi() {
        return """
            <domain type='qemu'>
              <name>uefi</name><uuid>11111111222243338444555555555555</uuid><memory>1048576</memory><vcpu>1</vcpu>
              <os firmware='efi'>
                <type arch='x86_64' machine='q35'>hvm</type>
                <firmware><feature enabled='yes' name='secure-boot'/></firmware>
                <loader readonly='yes' secure='yes' type='pflash' format='raw'>/code</loader>
                <nvram template='/vars' templateFormat='raw' format='raw'>/nvram</nvram>
              </os>
              <features><acpi/><smm state='on'/></features>
              <cpu mode='host-passthrough' check='none' migratable='on'/>
              <clock offset='localtime'/>
              <devices>
                <interface type='user'><model type='virtio'/><boot order='2'/></interface>
                <disk type='file' device='disk'><source file='/a'/><target dev='vda'/><boot order='1'/></disk>
                <memballoon model='none'/>
              </devices>
            </domain>
            """;
    }
}
