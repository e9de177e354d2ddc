// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Finding;
import org.understudy.api.Severity;

/** Whatever libvirt 9 to 12 adds to a definition is accepted. */
class DefinitionsOfLibvirtTest {
    private static final String Q35 = """
        <domain type='kvm'>
          <name>written</name>
          <uuid>11111111-2222-4333-8444-555555555555</uuid>
          <memory unit='KiB'>524288</memory>
          <currentMemory unit='KiB'>524288</currentMemory>
          <vcpu placement='static'>2</vcpu>
          <os>
            <type arch='x86_64' machine='pc-q35-9.2'>hvm</type>
            <boot dev='hd'/>
          </os>
          <features><acpi/><apic/><vmport state='off'/></features>
          <cpu mode='host-passthrough' check='none' migratable='on'>
            <topology sockets='1' dies='1' clusters='1' cores='2' threads='1'/>
          </cpu>
          <clock offset='utc'>
            <timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/>
          </clock>
          <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
          <pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2' discard='unmap'/><source file='/images/a.qcow2'/><target dev='vda' bus='virtio'/>
              <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>
            </disk>
            <controller type='usb' index='0' model='qemu-xhci' ports='15'>
              <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
            </controller>
            <controller type='pci' index='0' model='pcie-root'/>
            %s
            <controller type='sata' index='0'>
              <address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/>
            </controller>
            <interface type='network'>
              <mac address='52:54:00:11:22:33'/><source network='br0'/><model type='virtio'/>
              <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
            </interface>
            <serial type='pty'><target type='isa-serial' port='0'><model name='isa-serial'/></target></serial>
            <console type='pty'><target type='serial' port='0'/></console>
            <input type='mouse' bus='ps2'/><input type='keyboard' bus='ps2'/>
            <audio id='1' type='none'/>
            <watchdog model='itco' action='reset'/>
            <memballoon model='virtio'>
              <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
            </memballoon>
          </devices>
        </domain>
        """.formatted(rootPorts());

    private static String rootPorts() {
        StringBuilder ports = new StringBuilder();
        for (int i = 1; i <= 14; i++) {
            ports.append("""
                <controller type='pci' index='%d' model='pcie-root-port'>
                  <model name='pcie-root-port'/><target chassis='%d' port='0x%x'/>
                  <address type='pci' domain='0x0000' bus='0x00' slot='0x%02x' function='0x%d'%s/>
                </controller>
                """.formatted(
                            i, i, 0xf + i, 2 + (i - 1) / 8, (i - 1) % 8, i % 8 == 1 ? " multifunction='on'" : ""));
        }
        return ports.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                // Firmware that libvirt 10 chose, with its conditions.
                "<boot dev='hd'/>|<firmware><feature enabled='yes' name='enrolled-keys'/></firmware>"
                        + "<loader readonly='yes' secure='no' type='pflash' format='raw'>/fw/code.fd</loader>"
                        + "<nvram template='/fw/vars.fd' templateFormat='raw' format='raw'>/nvram/a.fd</nvram>",
                "<boot dev='hd'/>|<loader readonly='yes' type='pflash' format='qcow2'>/fw/code.qcow2</loader>"
                        + "<nvram template='/fw/vars.qcow2' templateFormat='qcow2' format='qcow2'>/nvram/a.qcow2</nvram>",
                "<vcpu placement='static'>|<vcpu placement='static' cpuset='1-4,8-20,525'>",
                "<audio id='1' type='none'/>|<video><model type='qxl' ram='65536' vram='32768' vgamem='8192' heads='1'"
                        + " primary='yes'/><address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/>"
                        + "</video><audio id='1' type='none'/>",
                // Root ports of a definition that was made with QEMU 2.8.
                "<model name='pcie-root-port'/>|<model name='ioh3420'/>",
                // USB before QEMU 2.10, and on machine type pc.
                "model='qemu-xhci' ports='15'|model='nec-xhci'",
                "<audio id='1' type='none'/>|<video><model type='vga' vram='16384' heads='1' primary='yes'/><address"
                        + " type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/></video><audio id='1'"
                        + " type='none'/>",
                "<audio id='1' type='none'/>|<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target"
                        + " dev='sda' bus='sata'/><readonly/><address type='drive' controller='0' bus='0' target='0'"
                        + " unit='0'/></disk>",
                "<audio id='1' type='none'/>|<panic model='isa'><address type='isa' iobase='0x505'/></panic>"
            })
    void acceptsWhatLibvirtAdds(String change) {
        String[] words = change.split("\\|");
        String definition = words.length == 2 ? Q35.replace(words[0], words[1]) : Q35;
        assertThat(errors(definition)).isEmpty();
    }

    @Test
    void acceptsMachineTypePc() {
        String pc = Q35.replaceAll("(?s)<controller type='pci' index='[1-9].*?</controller>", "")
                .replaceAll("(?s)<controller type='sata'.*?</controller>", "")
                .replace("<watchdog model='itco' action='reset'/>", "")
                .replace("pc-q35-9.2", "pc-i440fx-9.2")
                .replace("pcie-root", "pci-root")
                .replaceAll("bus='0x0([1-9])' slot='0x00'", "bus='0x00' slot='0x0$1'")
                .replace("slot='0x01'", "slot='0x09'")
                .replace("slot='0x02' function='0x0'", "slot='0x01' function='0x2'")
                .replace("model='qemu-xhci' ports='15'", "model='piix3-uhci'");
        assertThat(errors(pc)).isEmpty();
    }

    private static List<String> errors(String definition) {
        return DefinitionReader.read(definition).findings().stream()
                .filter(f -> f.severity() == Severity.ERROR)
                .map(Finding::message)
                .toList();
    }
}
