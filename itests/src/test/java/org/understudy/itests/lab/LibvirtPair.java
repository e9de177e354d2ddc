// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.itests.Built;

/** The test guest with a failover pair on one of two libvirt hosts. */
public final class LibvirtPair {
    private LibvirtPair() {}

    /** For the suite that the hosts of most tests have. */
    public static String definition(String name, Path guest) {
        return definition(name, guest, LibvirtHosts.USUAL);
    }

    /**
     * The emulated VF bypasses libvirt, which supports only real ones.
     *
     * @param suite the Debian that the hosts have: before libvirt 7.1 there is no CPU mode "maximum", before QEMU 6.2 no
     *     device in JSON
     */
    public static String definition(String name, Path guest, String suite) {
        boolean old = suite.equals("bullseye");
        String device = old
                ? "e1000e,netdev=wire,id=ua-primary0,bus=pci.2,addr=0x0,mac=52:54:00:11:22:34,romfile=,"
                        + "failover_pair_id=ua-standby0"
                : """
                        {"driver":"e1000e","netdev":"wire","id":"ua-primary0","bus":"pci.2","addr":"0x0",
                          "mac":"52:54:00:11:22:34","romfile":"","failover_pair_id":"ua-standby0"}""";
        String cpu = old ? "" : "<cpu mode='maximum' check='none'/>";
        return """
                <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
                  <name>%2$s</name>
                  <memory unit='MiB'>192</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>%5$s understudy.ip=10.88.0.50/24 understudy.heartbeat=10.88.0.1:9</cmdline>
                  </os>
                  <features><acpi/></features>
                  %3$s
                  <devices>
                    <controller type='usb' model='none'/>
                    <controller type='pci' index='0' model='pcie-root'/>
                    <controller type='pci' index='1' model='pcie-root-port'/>
                    <controller type='pci' index='2' model='pcie-root-port'/>
                    <interface type='bridge'>
                      <mac address='52:54:00:11:22:34'/>
                      <source bridge='br0'/>
                      <model type='virtio'/>
                      <teaming type='persistent'/>
                      <alias name='ua-standby0'/>
                      <address type='pci' bus='1' slot='0'/>
                    </interface>
                    <serial type='file'><source path='/run/serial'/><target port='0'/></serial>
                    <memballoon model='none'/>
                  </devices>
                  <qemu:commandline>
                    <qemu:arg value='-netdev'/>
                    <qemu:arg value='tap,id=wire,ifname=vf0,script=no,downscript=no'/>
                    <qemu:arg value='-device'/>
                    <qemu:arg value='%4$s'/>
                  </qemu:commandline>
                </domain>
                """.formatted(guest, name, cpu, device, Built.GUEST_OPTIONS);
    }

    /** The last line that the guest wrote on this host, or an empty text. */
    public static String lastState(LibvirtHosts hosts, String host) {
        return states(hosts, host).strip().lines().reduce("", (first, second) -> second);
    }

    /** Everything that the guest wrote on this host. */
    public static String states(LibvirtHosts hosts, String host) {
        try {
            Path serial = hosts.file(host, "serial");
            return Files.exists(serial) ? Files.readString(serial) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
