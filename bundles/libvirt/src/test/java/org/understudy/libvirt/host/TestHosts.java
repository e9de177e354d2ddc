// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.spi.Host;

/** Hosts of libvirt's own test driver, which is a part of the real client library. */
final class TestHosts {
    private static final LibvirtConnector CONNECTOR = new LibvirtConnector();

    private TestHosts() {}

    /** One running VM with the name {@code test}. All connections of this process share it. */
    static Host open() {
        return open("test:///default");
    }

    static Host open(String uri) {
        return open(policy(Map.of("uri", uri)));
    }

    static Host open(HostPolicy policy) {
        return CONNECTOR.open(policy);
    }

    static HostPolicy policy(Map<String, String> options) {
        return new HostPolicy(new HostName("a"), "libvirt", options);
    }

    /** A definition for the test driver. */
    static String definition(String name) {
        return """
                <domain type='test'>
                  <name>%s</name>
                  <memory unit='MiB'>64</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='i686'>hvm</type></os>
                </domain>
                """.formatted(name);
    }

    /** A definition that runs an idle QEMU. */
    static String qemu(String name) {
        return """
                <domain type='qemu'>
                  <name>%s</name>
                  <memory unit='MiB'>32</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='x86_64' machine='q35'>hvm</type></os>
                  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='none'/></devices>
                </domain>
                """.formatted(name);
    }

    /**
     * A Linux guest with a failover pair. An emulated NIC replaces the VF; libvirt would reject it, so it is passed to
     * QEMU on the command line.
     *
     * @param options options for the guest's kernel
     */
    static String pair(String name, Path guest, Path serial, String options) {
        return """
                <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
                  <name>%s</name>
                  <uuid>6f1c7f8e-4d1b-4b0c-9a52-3f5f1f3c0a01</uuid>
                  <memory unit='MiB'>192</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
                    <kernel>%s/vmlinux</kernel>
                    <initrd>%s/initrd.img</initrd>
                    <cmdline>console=ttyS0 quiet mitigations=off no_timer_check cryptomgr.notests %s</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='maximum' check='none'/>
                  <devices>
                    <emulator>/usr/bin/qemu-system-x86_64</emulator>
                    <controller type='usb' model='none'/>
                    <controller type='pci' index='1' model='pcie-root-port'/>
                    <controller type='pci' index='2' model='pcie-root-port'/>
                    <controller type='pci' index='3' model='pcie-root-port'/>
                    <interface type='user'>
                      <mac address='52:54:00:11:22:33'/><model type='virtio'/>
                      <teaming type='persistent'/><alias name='ua-standby0'/><rom enabled='no'/>
                    </interface>
                    <serial type='file'><source path='%s'/><target port='0'/></serial>
                    <memballoon model='none'/>
                  </devices>
                  <qemu:commandline>
                    <qemu:arg value='-netdev'/><qemu:arg value='user,id=vfnet'/>
                    <qemu:arg value='-device'/>
                    <qemu:arg value='{"driver":"e1000e","netdev":"vfnet","id":"ua-primary0","bus":"pci.3","addr":"0x0","mac":"52:54:00:11:22:33","romfile":"","failover_pair_id":"ua-standby0"}'/>
                  </qemu:commandline>
                </domain>
                """.formatted(name, guest, guest, options, serial);
    }

    /** The test guest. Skips the test without it; fails in CI. */
    static Path guest() {
        String built = System.getenv("UNDERSTUDY_GUEST");
        boolean exists = built != null && Files.exists(Path.of(built, "initrd.img"));
        if (!exists && "true".equals(System.getenv("CI"))) {
            throw new AssertionError("this test needs a built test guest, named by UNDERSTUDY_GUEST");
        }
        assumeTrue(exists, "SKIPPED: no test guest; run ./understudy test, or build-guest and set UNDERSTUDY_GUEST");
        return Path.of(built).toAbsolutePath();
    }
}
