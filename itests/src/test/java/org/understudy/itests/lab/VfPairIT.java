// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.itests.Built;

/** The whole way on a real kernel: a pool, a lease, a VF made ready, QEMU as another user, a guest that takes its VF. */
class VfPairIT {
    private static final String JAVA = System.getProperty("java.home");
    private static final String FOLDER = "/tmp/server";
    private static final String CONFIGURATION = """
            hosts:
              - {name: emulated, connector: qemu, directory: /tmp/server/vms, user: tester}
            pools:
              - {name: pool-a, select: ["enp1s0#0-6"]}
            """;
    private static final String LOOK = """
            #!/bin/sh
            ip -d link show enp1s0 | grep 52:54:00:11:22:66
            lspci -D -k -d 8086:10ca | grep -c vfio-pci
            ps -o user= -C qemu-system-x86
            # The guest has enabled the VF; it tells of the first traffic on it a moment later.
            timeout 60 sh -c 'until grep path=primary /tmp/server/serial; do sleep 0.1; done' | tail -n 1
            """;

    @TempDir
    static Path folder;

    private static EmulatedHost host;
    private static Path guest;

    @BeforeAll
    static void start() throws IOException {
        guest = Built.guest();
        host = EmulatedHost.start("--java", JAVA, "--share", guest.toString(), "--memory", "3072");
        host.output("mkdir", "-p", FOLDER + "/classes");
        host.output("chmod", "711", FOLDER);
        host.output("chmod", "666", "/dev/kvm");
        host.copyIn(Built.target().resolve("test-classes/org"), FOLDER + "/classes/");
        host.copyIn(Built.nativeLibrary(), FOLDER + "/");
        jars().forEach(jar -> host.copyIn(jar, FOLDER + "/"));
        copy("understudy.yaml", CONFIGURATION);
        copy("look", LOOK);
        copy("web1.xml", domain());
        host.output("chmod", "755", FOLDER + "/look");
        host.output("install", "-m", "666", "/dev/null", FOLDER + "/serial");
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.close();
        }
    }

    private static Stream<Path> jars() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .map(Path::of);
    }

    private static void copy(String name, String content) throws IOException {
        host.copyIn(Files.writeString(folder.resolve(name), content), FOLDER + "/");
    }

    private static String domain() {
        return """
                <domain type='kvm'>
                  <name>web1</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>console=ttyS0 quiet understudy.heartbeat=10.0.2.2:9</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='host-passthrough'/>
                  <devices>
                    <controller type='pci' index='1' model='pcie-root-port'><alias name='ua-port1'/></controller>
                    <interface type='user'>
                      <mac address='52:54:00:11:22:66'/>
                      <model type='virtio'/>
                      <teaming type='persistent'/>
                      <alias name='ua-standby0'/>
                    </interface>
                    <interface type='network'>
                      <mac address='52:54:00:11:22:66'/>
                      <source network='pool-a'/>
                      <teaming type='transient' persistent='ua-standby0'/>
                      <alias name='ua-vf0'/>
                      <rom enabled='no'/>
                      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
                    </interface>
                    <serial type='file'><source path='%2$s/serial' append='on'/><target port='0'/></serial>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(guest, FOLDER);
    }

    private static String vfs() {
        return host.output("ip", "-d", "link", "show", "enp1s0") + host.output("lspci", "-D", "-k", "-d", "8086:10ca");
    }

    @Test
    void guestTakesTheVfOfItsPoolAndTheHostGetsItBackAsItWas() {
        String before = vfs();

        EmulatedHost.Result result = host.run(
                JAVA + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-Djava.library.path=" + FOLDER,
                "-cp",
                FOLDER + "/classes:" + FOLDER + "/*",
                InHostServer.class.getName(),
                FOLDER,
                FOLDER + "/web1.xml",
                FOLDER + "/look");

        assertThat(result.status()).as("%s", result).isZero();
        assertThat(result.output())
                .contains("leased 0000:01:10.0 in process", "active", "given back", "tester", "path=primary")
                .containsPattern("vf 0 +link/ether 52:54:00:11:22:66");
        host.output("udevadm", "settle", "-t", "10");
        assertThat(vfs()).isEqualTo(before);
    }
}
