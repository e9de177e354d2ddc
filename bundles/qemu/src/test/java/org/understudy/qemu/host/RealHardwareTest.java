// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Finding;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;

/** A real QEMU accepts the generated command lines. */
class RealHardwareTest {
    private static final VmName VM = new VmName("vm1");

    private Lab lab;
    private Host host;

    @BeforeEach
    void openHost() throws IOException {
        lab = new Lab();
        host = lab.host("h");
    }

    @AfterEach
    void endAll() {
        lab.close();
    }

    @Test
    void startsWithEverySupportedDevice() throws IOException {
        Path image = image("a,b.img");
        Path other = image("other.img");
        run(EmptyVms.empty("vm1", """
                <controller type='pci' index='0' model='pcie-root'/>
                <controller type='pci' index='1' model='pcie-root-port'>
                  <target chassis='1' port='0x10'/>
                  <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/></controller>
                <controller type='pci' index='2' model='pcie-root-port'><target hotplug='off'/></controller>
                <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none' discard='unmap' detect_zeroes='unmap' queues='1'/>
                  <source file='%s'/><target dev='vda' bus='virtio'/><serial>S1</serial><boot order='1'/>
                  <address type='pci' domain='0' bus='1' slot='0' function='0'/></disk>
                <disk type='file' device='disk'><driver name='qemu' type='raw' cache='writethrough' error_policy='stop'/>
                  <source file='%s'/><target dev='sda' bus='scsi'/><shareable/></disk>
                <disk type='file' device='cdrom'><target dev='sdb' bus='sata'/><readonly/></disk>
                <interface type='user'><model type='virtio'/><mtu size='1400'/><driver rx_queue_size='256'/>
                  <portForward proto='tcp' address='127.0.0.1'><range start='%d' to='22'/></portForward></interface>
                <interface type='user'><model type='e1000'/></interface>
                <interface type='user'><model type='rtl8139'/></interface>
                <serial type='pty'/><serial type='null'><target port='1'/></serial>
                <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
                <rng model='virtio'><rate bytes='1000'/><backend model='random'>/dev/urandom</backend></rng>
                <rng model='virtio'><backend model='builtin'/></rng>
                <graphics type='vnc'/>
                <video><model type='vga' vram='16384' heads='1' primary='yes'/></video>
                <input type='tablet' bus='usb'/><input type='keyboard' bus='ps2'/>
                <watchdog model='i6300esb' action='reset'/><watchdog model='itco' action='reset'/>
                <panic model='isa'/>
                """.formatted(image, other, freePort()))
                .replace("<vcpu>1</vcpu>", """
                        <vcpu placement='static' current='1'>2</vcpu>
                        <cpu mode='maximum' check='none'><topology sockets='1' dies='1' cores='2' threads='1'/><feature policy='disable' name='svm'/></cpu>
                        <clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>
                        <on_reboot>destroy</on_reboot><on_crash>preserve</on_crash>
                        <pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>""")
                .replace("<acpi/>", "<acpi/><vmport state='off'/><smm state='on'/>")
                .replace(
                        "<memballoon model='none'/>",
                        "<memballoon model='virtio' autodeflate='on' freePageReporting='on'/>")
                .replace("<vcpu placement", "<currentMemory unit='MiB'>48</currentMemory><vcpu placement"));
        assertThat(lab.root().resolve("h/vm1/q/vnc.sock")).exists();
        assertThat(lab.root().resolve("h/vm1/q/channel0.sock")).exists();
    }

    @Test
    void startsOnI440fxWithIdeAndPrimaryOnItsOneBus() {
        run(EmptyVms.empty("vm1", """
                <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>
                <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/>
                  <teaming type='persistent'/><alias name='ua-s'/></interface>
                <interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000e'/>
                  <teaming type='transient' persistent='ua-s'/><alias name='ua-p'/><rom enabled='no'/></interface>
                """).replace("'q35'", "'pc'"));
    }

    @Test
    void startsWithoutAcpi() {
        run(EmptyVms.empty("vm1").replace("<acpi/>", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<firmware><feature enabled='yes' name='secure-boot'/></firmware>"})
    void startsUefiWithItsOwnVariables(String firmware) throws IOException {
        Lab.require(Files.exists(Path.of("/usr/share/qemu/firmware")), "UEFI firmware (package ovmf)");
        run(EmptyVms.empty("vm1").replace("<os>", "<os firmware='efi'>").replace("</os>", firmware + "</os>"));
        assertThat(Files.size(lab.root().resolve("h/vm1/q/nvram.fd"))).isGreaterThan(100_000);
    }

    @Test
    void reportsMissingMachineTypeAndBridge() {
        List<Finding> findings = host.check(EmptyVms.empty(
                        "vm1", "<interface type='bridge'><source bridge='nobr9'/><model type='virtio'/></interface>")
                .replace("'q35'", "'pc-q35-99.0'"));
        assertThat(findings)
                .extracting(f -> f.code().name())
                .contains("MACHINE_TYPE_UNKNOWN", "NETWORK_MISSING_ON_HOST");
    }

    @Test
    void reportsUnusableKvm() {
        assertThat(host.check(EmptyVms.empty("vm1").replace("type='qemu'", "type='kvm'")))
                .singleElement()
                .satisfies(f -> assertThat(f.code().name()).isEqualTo("ACCELERATOR_FALLBACK"));
    }

    private void run(String definition) {
        host.define(definition);
        host.start(VM, Map.of());
        assertThat(host.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    private Path image(String name) throws IOException {
        Path image = lab.root().resolve(name);
        Files.write(image, new byte[1 << 20]);
        assertThat(image.toFile().setReadable(true, false)).isTrue();
        assertThat(image.toFile().setWritable(true, false)).isTrue();
        return image;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
