// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.understudy.itests.Built;

/** What tests with two libvirt hosts rely on, seen with libvirt's own client. */
class LibvirtHostsIT {
    private static final Duration BOOT = Duration.ofMinutes(2);

    private static LibvirtHosts hosts;
    private static Path guest;

    @BeforeAll
    static void start() {
        guest = Built.guest();
        hosts = LibvirtHosts.start(guest);
    }

    @AfterAll
    static void end() {
        if (hosts != null) {
            hosts.close();
        }
    }

    @Test
    void pairMigratesThereAndBack() throws IOException {
        Files.writeString(hosts.file("alpha", "pair.xml"), domain());
        hosts.output("alpha", "virsh", "create", "/run/pair.xml");
        await("the guest uses its primary")
                .atMost(BOOT)
                .until(() -> lastState("alpha").contains("path=primary"));
        migrate("alpha", "beta", "10.77.0.2");
        migrate("beta", "alpha", "10.77.0.1");
        hosts.output("wire", "ping", "-qc", "3", "-i", "0.2", "10.88.0.50");
        hosts.output("alpha", "virsh", "destroy", "pair");
    }

    private static void migrate(String from, String to, String address) throws IOException {
        Files.deleteIfExists(hosts.file(to, "serial"));
        String uri = "qemu+tcp://" + address + "/system";
        hosts.output(from, "virsh", "migrate", "--live", "--p2p", "pair", uri, "tcp://" + address);
        assertThat(hosts.output(to, "virsh", "-q", "list", "--name")).isEqualTo("pair");
        assertThat(Files.readString(hosts.file(from, "serial")))
                .as("what the guest saw before it left")
                .contains("path=standby");
        await("the guest uses its primary again")
                .atMost(BOOT)
                .until(() -> lastState(to).matches(".*path=primary .*=primary,.*,e1000e,up,1.*"));
    }

    /** The last line that the guest wrote on this host, or nothing. */
    private static String lastState(String host) {
        try {
            Path serial = hosts.file(host, "serial");
            return Files.exists(serial)
                    ? Files.readString(serial).strip().lines().reduce("", (first, second) -> second)
                    : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void hostsAreReachedFromOutsideToo() {
        for (String host : new String[] {"alpha", "beta"}) {
            assertThat(hosts.uri(host)).endsWith("/run/libvirt/libvirt-sock");
            assertThat(hosts.file(host, "libvirt/libvirt-sock")).exists();
            assertThat(hosts.output(host, "virsh", "hostname")).isEqualTo(host);
        }
    }

    @Test
    void nothingIsLeftOfTheHosts() throws IOException {
        Path folder;
        long first;
        try (LibvirtHosts others = LibvirtHosts.start()) {
            folder = others.file("alpha", "").getParent().getParent();
            first = Long.parseLong(Files.readString(folder.resolve("wire.pid")).strip());
            assertThat(ProcessHandle.of(first)).isPresent();
            others.output("beta", "sh", "-c", "sleep 1000 >/dev/null 2>&1 &");
        }
        assertThat(folder).doesNotExist();
        assertThat(ProcessHandle.of(first)).isEmpty();
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(folder.toString());
    }

    /** The stand-in for a VF goes around libvirt, which knows only real ones. */
    private static String domain() {
        return """
                <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
                  <name>pair</name>
                  <memory unit='MiB'>192</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>console=ttyS0 quiet understudy.ip=10.88.0.50/24 understudy.heartbeat=10.88.0.1:9</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='maximum' check='none'/>
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
                    <qemu:arg value='{"driver":"e1000e","netdev":"wire","id":"ua-primary0","bus":"pci.2","addr":"0x0",
                      "mac":"52:54:00:11:22:34","romfile":"","failover_pair_id":"ua-standby0"}'/>
                  </qemu:commandline>
                </domain>
                """.formatted(guest);
    }
}
