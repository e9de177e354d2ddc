// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.Finding;
import org.understudy.api.PciAddress;
import org.understudy.api.spi.HostFacts.Version;

/** Maps each supported element: one line of XML and the expected QEMU options. */
class CommandLineTest {
    private static final UUID ID = UUID.fromString("11111111-2222-4333-8444-555555555555");

    static Stream<List<String>> devices() {
        return Stream.of(
                List.of(
                        "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' io='native' discard='unmap'/>"
                                + "<source file='/d/a,b.qcow2'/><target dev='vda' bus='virtio'/></disk>",
                        "-blockdev driver=qcow2,node-name=img-virtio-disk0,read-only=off,discard=unmap,cache.direct=on,"
                                + "cache.no-flush=off,file.driver=file,file.filename=/d/a,,b.qcow2,file.discard=unmap,"
                                + "file.aio=native,file.cache.direct=on,file.cache.no-flush=off",
                        "-device virtio-blk-pci,id=virtio-disk0,bus=port.auto0,addr=0x00.0,drive=img-virtio-disk0,write-cache=on"),
                List.of(
                        "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='writethrough'/>"
                                + "<source dev='/dev/vg/lv'/><target dev='sdb' bus='scsi'/><serial>S1</serial><boot order='2'/><shareable/></disk>",
                        "-device virtio-scsi-pci,id=scsi0,bus=port.auto0,addr=0x00.0",
                        "-blockdev driver=raw,node-name=img-scsi-disk0,read-only=off,cache.direct=off,cache.no-flush=off,"
                                + "file.driver=host_device,file.filename=/dev/vg/lv,file.cache.direct=off,file.cache.no-flush=off",
                        "-device scsi-hd,id=scsi-disk0,bus=scsi0.0,channel=0,scsi-id=0,lun=1,drive=img-scsi-disk0,"
                                + "write-cache=off,serial=S1,bootindex=2,share-rw=on"),
                List.of(
                        "<controller type='scsi' index='0' model='virtio-scsi'><driver queues='4'/><alias name='ua-hba'/></controller>"
                                + "<disk type='file' device='disk'><source file='/d/x'/><target dev='sda' bus='scsi'/>"
                                + "<address type='drive' controller='0' bus='0' target='3' unit='7'/></disk>",
                        "-device virtio-scsi-pci,id=ua-hba,bus=port.auto0,addr=0x00.0,num_queues=4",
                        "-device scsi-hd,id=scsi-disk0,bus=ua-hba.0,channel=0,scsi-id=3,lun=7,drive=img-scsi-disk0"),
                List.of(
                        "<disk type='file' device='disk'><source file='/d/x'/><target dev='vda'/><shareable/></disk>",
                        "-blockdev driver=raw,node-name=img-virtio-disk0,read-only=off,cache.direct=on,cache.no-flush=off,"
                                + "file.driver=file,file.filename=/d/x,file.cache.direct=on,file.cache.no-flush=off",
                        "-device virtio-blk-pci,id=virtio-disk0,bus=port.auto0,addr=0x00.0,drive=img-virtio-disk0,"
                                + "write-cache=on,share-rw=on"),
                List.of(
                        "<disk type='file'><driver error_policy='stop'/><source file='/d/x'/><target dev='vda'/></disk>"
                                + "<disk type='file'><driver error_policy='enospace'/><source file='/d/y'/><target dev='vdb'/></disk>"
                                + "<disk type='file'><driver error_policy='report' rerror_policy='ignore'/><source file='/d/z'/>"
                                + "<target dev='vdc'/></disk>",
                        "-device virtio-blk-pci,id=virtio-disk0,bus=port.auto0,addr=0x00.0,drive=img-virtio-disk0,"
                                + "werror=stop,rerror=stop",
                        "-device virtio-blk-pci,id=virtio-disk1,bus=port.auto1,addr=0x00.0,drive=img-virtio-disk1,werror=enospc",
                        "-device virtio-blk-pci,id=virtio-disk2,bus=port.auto2,addr=0x00.0,drive=img-virtio-disk2,"
                                + "werror=report,rerror=ignore"),
                List.of(
                        "<disk><driver detect_zeroes='unmap'/><source file='/d/x'/><target dev='vda'/></disk>"
                                + "<disk><driver discard='unmap' detect_zeroes='unmap'/><source file='/d/y'/><target dev='vdb'/></disk>",
                        "-blockdev driver=raw,node-name=img-virtio-disk0,read-only=off,detect-zeroes=on,"
                                + "file.driver=file,file.filename=/d/x",
                        "-blockdev driver=raw,node-name=img-virtio-disk1,read-only=off,discard=unmap,detect-zeroes=unmap,"
                                + "file.driver=file,file.filename=/d/y,file.discard=unmap"),
                List.of(
                        "<disk type='file'><source file='/d/x'/><target dev='sdi' bus='scsi'/></disk>",
                        "-device virtio-scsi-pci,id=scsi0,bus=port.auto0,addr=0x00.0",
                        "-device virtio-scsi-pci,id=scsi1,bus=port.auto1,addr=0x00.0",
                        "-device scsi-hd,id=scsi-disk0,bus=scsi1.0,channel=0,scsi-id=0,lun=1,drive=img-scsi-disk0"),
                List.of(
                        "<disk type='file' device='cdrom'><source file='/d/x.iso'/><target dev='sda' bus='sata'/><readonly/></disk>",
                        "-blockdev driver=raw,node-name=img-sata-disk0,read-only=on,file.driver=file,file.filename=/d/x.iso",
                        "-device ide-cd,id=sata-disk0,bus=ide.0,unit=0,drive=img-sata-disk0"),
                List.of(
                        "<disk type='file' device='cdrom'><target dev='sdb' bus='sata'/></disk>",
                        "-device ide-cd,id=sata-disk0,bus=ide.1,unit=0"),
                List.of(
                        "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/>"
                                + "<ip family='ipv4' address='10.9.0.0' prefix='24'/>"
                                + "<portForward proto='tcp' address='127.0.0.1'><range start='2022' to='22'/></portForward>"
                                + "<portForward proto='udp'><range start='5000' end='5001'/></portForward></interface>",
                        "-netdev user,id=hostnet0,net=10.9.0.0/24,hostfwd=tcp:127.0.0.1:2022-:22,hostfwd=udp::5000-:5000,hostfwd=udp::5001-:5001",
                        "-device virtio-net-pci,id=net0,netdev=hostnet0,mac=52:54:00:11:22:33,bus=port.auto0,addr=0x00.0"),
                List.of(
                        "<interface type='bridge'><mac address='52:54:00:11:22:33'/><source bridge='br0'/><model type='virtio'/>"
                                + "<driver name='vhost' rx_queue_size='512'/><mtu size='9000'/><target dev='vnet3'/></interface>",
                        "-netdev tap,id=hostnet0,br=br0,helper=/h/bridge-helper,vhost=on",
                        "-device virtio-net-pci,id=net0,netdev=hostnet0,mac=52:54:00:11:22:33,bus=port.auto0,addr=0x00.0,host_mtu=9000,rx_queue_size=512"),
                List.of(
                        "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/>"
                                + "<teaming type='persistent'/><alias name='ua-s'/></interface>"
                                + "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000e'/>"
                                + "<teaming type='transient' persistent='ua-s'/><alias name='ua-p'/><rom enabled='no'/></interface>",
                        "-device virtio-net-pci,id=ua-s,netdev=hostua-s,mac=52:54:00:11:22:33,bus=port.auto0,addr=0x00.0,failover=on",
                        "-device {'driver':'e1000e','id':'ua-p','netdev':'hostua-p','mac':'52:54:00:11:22:33','bus':'port.auto1','addr':'0x00.0','romfile':'','failover_pair_id':'ua-s'}"),
                List.of(
                        "<interface type='hostdev' managed='yes'><source><address type='pci' domain='0' bus='0x3b' slot='0x02' function='0x1'/></source>"
                                + "<mac address='52:54:00:11:22:33'/><teaming type='transient' persistent='ua-s'/><alias name='ua-p'/><rom bar='off'/></interface>",
                        "-device {'driver':'vfio-pci','host':'0000:3b:02.1','id':'ua-p','bus':'port.auto0','addr':'0x00.0','rombar':0,'failover_pair_id':'ua-s'}"),
                List.of(
                        "<interface type='network'><source network='vfs'/><mac address='52:54:00:11:22:33'/>"
                                + "<teaming type='transient' persistent='ua-s'/><alias name='ua-pool'/></interface>",
                        "-device {'driver':'vfio-pci','host':'0000:01:10.2','id':'ua-pool','bus':'port.auto0','addr':'0x00.0','failover_pair_id':'ua-s'}"),
                List.of(
                        "<interface type='network'><mac address='52:54:00:11:22:33'/><source network='vfs'/><model type='virtio'/>"
                                + "<teaming type='transient' persistent='ua-s'/><alias name='ua-pool'/><rom enabled='no'/></interface>",
                        "-device {'driver':'vfio-pci','host':'0000:01:10.2','id':'ua-pool','bus':'port.auto0','addr':'0x00.0','romfile':'','failover_pair_id':'ua-s'}"),
                List.of(
                        "<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/><source><address domain='0x0' bus='0x1' slot='0x0' function='0x0'/></source></hostdev>",
                        "-device vfio-pci,host=0000:01:00.0,id=hostdev0,bus=port.auto0,addr=0x00.0"),
                List.of(
                        "<serial type='pty'><target type='isa-serial' port='0'><model name='isa-serial'/></target></serial><console type='pty'><target type='serial' port='0'/></console>",
                        "-chardev pty,id=charserial0",
                        "-device isa-serial,id=serial0,chardev=charserial0,index=0"),
                List.of(
                        "<console type='file'><source path='/l/console.log' append='on'/></console>",
                        "-chardev file,id=charserial0,path=/l/console.log,append=on"),
                List.of(
                        "<serial type='unix'><source mode='bind' path='/s/x.sock'/><log file='/l/x.log' append='on'/></serial>",
                        "-chardev socket,id=charserial0,path=/s/x.sock,server=on,wait=off,logfile=/l/x.log,logappend=on"),
                List.of(
                        "<serial type='unix'><source path='/s/x.sock'/></serial>",
                        "-chardev socket,id=charserial0,path=/s/x.sock,server=off"),
                List.of(
                        "<serial type='unix'/>",
                        "-chardev socket,id=charserial0,path=/vm/serial0.sock,server=on,wait=off"),
                List.of("<serial type='null'/>", "-chardev null,id=charserial0"),
                List.of(
                        "<serial type='null'/><serial type='null'><target port='0'/></serial><serial type='null'/>",
                        "-device isa-serial,id=serial0,chardev=charserial0,index=1",
                        "-device isa-serial,id=serial1,chardev=charserial1,index=0",
                        "-device isa-serial,id=serial2,chardev=charserial2,index=2"),
                List.of(
                        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
                        "-device virtio-serial-pci,id=virtio-serial0,bus=port.auto0,addr=0x00.0",
                        "-chardev socket,id=charchannel0,path=/vm/channel0.sock,server=on,wait=off",
                        "-device virtserialport,id=channel0,bus=virtio-serial0.0,chardev=charchannel0,name=org.qemu.guest_agent.0"),
                List.of(
                        "<rng model='virtio'><rate period='2000' bytes='1234'/><backend model='random'>/dev/random</backend></rng>",
                        "-object rng-random,id=objrng0,filename=/dev/random",
                        "-device virtio-rng-pci,id=rng0,bus=port.auto0,addr=0x00.0,rng=objrng0,max-bytes=1234,period=2000"),
                List.of("<rng model='virtio'><backend model='builtin'/></rng>", "-object rng-builtin,id=objrng0"),
                List.of(
                        "<graphics type='vnc'><listen type='socket' socket='/s/v.sock'/></graphics>",
                        "-vnc unix:/s/v.sock"),
                List.of("<graphics type='vnc'><listen type='none'/></graphics>", "-vnc none"),
                List.of(
                        "<video><model type='vga' vram='16384' heads='1' primary='yes'/></video>",
                        "-device VGA,id=video0,bus=pcie.0,addr=0x1e.0,vgamem_mb=16"),
                List.of(
                        "<video><model type='virtio'/></video><video><model type='virtio'/></video>",
                        "-device virtio-vga,id=video0,bus=pcie.0,addr=0x1e.0",
                        "-device virtio-gpu-pci,id=video1,bus=port.auto0,addr=0x00.0"),
                List.of(
                        "<video><model type='qxl' ram='65536' vram='32768' vgamem='8192' heads='1' primary='yes'/></video>"
                                + "<video><model type='qxl' heads='2'/></video>",
                        "-device qxl-vga,id=video0,bus=pcie.0,addr=0x1e.0,max_outputs=1,ram_size=67108864,vram_size=33554432,vram64_size_mb=0,vgamem_mb=8",
                        "-device qxl,id=video1,bus=pcie.0,addr=0x1d.0,max_outputs=2,ram_size=67108864,vram_size=67108864,vram64_size_mb=0,vgamem_mb=16"),
                List.of(
                        "<iommu model='intel'><driver intremap='on' caching_mode='on' eim='on' iotlb='on' aw_bits='48'/></iommu>",
                        "-device intel-iommu,id=iommu0,caching-mode=on,eim=on,intremap=on,device-iotlb=on,aw-bits=48"),
                List.of("<watchdog model='i6300esb' action='poweroff'/>", "-watchdog-action poweroff"),
                List.of("<watchdog model='itco' action='reset'/>", "-global ICH9-LPC.noreboot=off"),
                List.of("<panic model='isa'/>", "-device pvpanic,id=panic0"),
                List.of(
                        "<controller type='usb' index='0'/><input type='mouse' bus='usb'/>",
                        "-device piix3-usb-uhci,id=usb0,bus=pcie.0,addr=0x1e.0",
                        "-device usb-mouse,id=input0,bus=usb0.0"),
                List.of(
                        "<controller type='usb' index='0' model='nec-xhci' ports='4'/>",
                        "-device nec-usb-xhci,id=usb0,bus=port.auto0,addr=0x00.0,p2=4,p3=4"),
                List.of(
                        "<controller type='pci' index='1' model='pcie-root-port'><model name='ioh3420'/></controller>",
                        "-device ioh3420,id=port0,chassis=1,bus=pcie.0,addr=0x10.0,multifunction=on"),
                List.of(
                        "<input type='tablet' bus='usb'/>",
                        "-device qemu-xhci,id=usb0,bus=port.auto0,addr=0x00.0",
                        "-device usb-tablet,id=input0,bus=usb0.0"));
    }

    @ParameterizedTest
    @MethodSource("devices")
    void mapsDevice(List<String> xmlAndOptions) {
        List<String> options = options(definition(xmlAndOptions.get(0)));
        assertThat(options).containsAll(xmlAndOptions.subList(1, xmlAndOptions.size()));
    }

    static Stream<List<String>> platforms() {
        return Stream.of(
                List.of("<vcpu>1</vcpu>", "<vcpu placement='static' current='2'>4</vcpu>", "-smp 2,maxcpus=4"),
                List.of(
                        "<vcpu>1</vcpu>",
                        "<vcpu>4</vcpu><cpu mode='host-passthrough' check='none' migratable='on'><topology sockets='1' dies='1' cores='2' threads='2'/></cpu>",
                        "-smp 4,maxcpus=4,sockets=1,cores=2,threads=2",
                        "-cpu max"),
                List.of(
                        "<vcpu>1</vcpu>",
                        "<vcpu>1</vcpu><cpu mode='custom' match='exact' check='full'><model fallback='forbid'>EPYC</model>"
                                + "<feature policy='require' name='aes'/><feature policy='disable' name='svm'/></cpu>",
                        "-cpu EPYC,enforce=on,aes=on,svm=off"),
                List.of("<vcpu>1</vcpu>", "<vcpu>1</vcpu><cpu mode='maximum'/>", "-cpu max"),
                List.of(
                        "</os>",
                        "<bootmenu enable='yes' timeout='3000'/></os>",
                        "-boot menu=on,splash-time=3000,strict=on"),
                List.of("</os>", "<bootmenu enable='yes'/></os>", "-boot menu=on,strict=on"),
                List.of("</os>", "<bootmenu enable='no'/></os>", "-boot menu=off,strict=on"),
                List.of("</os>", "</os>", "-boot strict=on"),
                List.of(
                        "<acpi/>",
                        "<acpi/><smm state='off'/>",
                        "-machine pc-q35-7.2,usb=off,dump-guest-core=off,smm=off"),
                List.of("<acpi/>", "<acpi/><smm/>", "-machine pc-q35-7.2,usb=off,dump-guest-core=off,smm=on"),
                List.of("<vcpu>1</vcpu>", "<vcpu>1</vcpu><on_reboot>destroy</on_reboot>", "-no-reboot "),
                List.of(
                        "<vcpu>1</vcpu>",
                        "<vcpu>1</vcpu><clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>",
                        "-rtc base=utc,driftfix=slew",
                        "-machine pc-q35-7.2,usb=off,dump-guest-core=off,hpet=off"),
                List.of(
                        "<vcpu>1</vcpu>",
                        "<vcpu>1</vcpu><pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>",
                        "-global ICH9-LPC.disable_s3=1",
                        "-global ICH9-LPC.disable_s4=1"),
                List.of("<acpi/>", "", "-machine pc-q35-7.2,usb=off,dump-guest-core=off,acpi=off"),
                List.of("<memory unit='MiB'>64</memory>", "<memory unit='GB'>1</memory>", "-m size=976562k"),
                List.of("<memory unit='MiB'>64</memory>", "<memory unit='tib'>1</memory>", "-m size=1073741824k"),
                List.of(
                        "<os>",
                        "<os><kernel>/k/a,b</kernel><initrd>/k/i</initrd><cmdline>console=ttyS0 a,b</cmdline>",
                        "-kernel /k/a,b",
                        "-initrd /k/i",
                        "-append console=ttyS0 a,b"));
    }

    @ParameterizedTest
    @MethodSource("platforms")
    void mapsPlatform(List<String> change) {
        String definition = definition("").replace(change.get(0), change.get(1));
        assertThat(options(definition)).containsAll(change.subList(2, change.size()));
    }

    @Test
    void appliesBootOrderOfOsToFirstDeviceOfEachKind() {
        String definition = definition("<disk device='disk'><source file='/d/a'/><target dev='vda'/></disk>"
                        + "<disk device='disk'><source file='/d/b'/><target dev='vdb'/></disk>"
                        + "<disk device='cdrom'><target dev='sda'/></disk>"
                        + "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>")
                .replace("</os>", "<boot dev='cdrom'/><boot dev='network'/><boot dev='hd'/></os>");
        assertThat(bootIndexes(definition)).containsExactly("virtio-disk0=3", "sata-disk0=1", "net0=2");
    }

    @Test
    void ordersDisksByTargetAsLibvirtDoes() {
        String definition = definition("<disk><source file='/d/logs'/><target dev='vdb'/></disk>"
                        + "<disk><source file='/d/root'/><target dev='vda'/></disk>"
                        + "<disk><source file='/d/more'/><target dev='vdaa'/></disk>")
                .replace("</os>", "<boot dev='hd'/></os>");
        assertThat(bootIndexes(definition)).containsExactly("virtio-disk0=1");
        assertThat(options(definition))
                .contains(
                        "-blockdev"
                                + " driver=raw,node-name=img-virtio-disk0,read-only=off,file.driver=file,file.filename=/d/root",
                        "-blockdev"
                                + " driver=raw,node-name=img-virtio-disk2,read-only=off,file.driver=file,file.filename=/d/more");
    }

    @Test
    void bootsFromFirstInterfaceAlsoIfItIsAVf() {
        String vf = "<interface type='hostdev'><source><address bus='1' slot='0' function='0'/></source></interface>";
        String nic = "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>";
        String hostdev = "<hostdev mode='subsystem' type='pci'><source><address bus='2' slot='0'"
                + " function='0'/></source></hostdev>";
        String definition = definition(hostdev + vf + nic).replace("</os>", "<boot dev='network'/></os>");
        assertThat(bootIndexes(definition)).containsExactly("hostdev1=1");
    }

    @Test
    void placesFirstUsbControllerOfPcBesideIsaBridge() {
        String definition = definition("<controller type='usb' index='0' model='piix3-uhci'/>"
                        + "<controller type='usb' index='1' model='piix3-uhci'>"
                        + "<address type='pci' bus='0' slot='9' function='0'/></controller>")
                .replace("pc-q35-7.2", "pc");
        assertThat(options(definition))
                .contains(
                        "-device piix3-usb-uhci,id=usb0,bus=pci.0,addr=0x01.2",
                        "-device piix3-usb-uhci,id=usb1,bus=pci.0,addr=0x09.0");
    }

    @Test
    void opensFlashInTheFormatsOfItsImages() {
        HostOverrides.Flash flash =
                new HostOverrides.Flash(Path.of("/c"), Path.of("/v"), false, new Domain.FlashFormats("qcow2", "raw"));
        HostOverrides overrides = new HostOverrides(
                new Version(7, 2, 0),
                "tcg",
                ID,
                Path.of("/vm"),
                Optional.of(flash),
                Path.of("/h/bridge-helper"),
                Map.of(),
                false);
        Domain domain = DefinitionReader.read(definition("")).domain();
        assertThat(CommandLine.of(domain, overrides))
                .contains(
                        "driver=qcow2,node-name=pflash0,read-only=on,file.driver=file,file.filename=/c",
                        "driver=raw,node-name=pflash1,read-only=off,file.driver=file,file.filename=/v");
    }

    private static List<String> bootIndexes(String definition) {
        return options(definition).stream()
                .filter(o -> o.contains("bootindex="))
                .map(o -> o.replaceAll(".*id=([^,]*).*bootindex=(\\d).*", "$1=$2"))
                .toList();
    }

    @Test
    void opensSerialFileOfIncomingVmWithoutTruncatingIt() {
        String definition = definition("<serial type='file'><source path='/l/s.log'/></serial>");
        assertThat(options(definition, true)).contains("-chardev file,id=charserial0,path=/l/s.log,append=on");
        assertThat(options(definition, false)).contains("-chardev file,id=charserial0,path=/l/s.log,append=off");
    }

    private static String definition(String devices) {
        return """
                <domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
                <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><features><acpi/></features>
                <devices>%s<memballoon model='none'/></devices></domain>""".formatted(devices);
    }

    private static List<String> options(String definition) {
        return options(definition, false);
    }

    /** Options with their values, one string each. */
    private static List<String> options(String definition, boolean incoming) {
        DefinitionReader.Reading reading = DefinitionReader.read(definition);
        assertThat(Finding.anyBlocking(reading.findings()))
                .as("findings: %s", reading.findings())
                .isFalse();
        HostOverrides overrides = new HostOverrides(
                new Version(7, 2, 0),
                "tcg",
                ID,
                Path.of("/vm"),
                Optional.empty(),
                Path.of("/h/bridge-helper"),
                Map.of("ua-pool", PciAddress.parse("01:10.2")),
                incoming);
        String joined = String.join("\u0000", CommandLine.of(reading.domain(), overrides));
        return Stream.of(joined.split("\u0000(?=-)"))
                .map(o -> o.replace('\u0000', ' ').replace('"', '\''))
                .map(o -> o.contains(" ") ? o : o + " ")
                .toList();
    }
}
