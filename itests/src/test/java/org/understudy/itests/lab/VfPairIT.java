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
    private static final String CONFIGURATION = """
            hosts:
              - {name: emulated, connector: qemu, directory: %1$s/vms, user: %2$s}
            pools:
              - {name: pool-a, select: ["%3$s"]}
            """;
    private static final String LOOK = """
            #!/bin/sh
            ip -d link show %2$s | grep 52:54:00:11:22:66
            lspci -D -k | grep -c "in use: vfio-pci"
            ps -o user= -C qemu-system-x86
            # The guest has enabled the VF; it tells of the first traffic on it a moment later.
            timeout 60 sh -c 'until grep path=primary %1$s/serial; do sleep 0.1; done' | tail -n 1
            """;

    @TempDir
    static Path files;

    private static SriovHost host;
    private static String folder;
    private static Path guest;

    @BeforeAll
    static void start() throws IOException {
        guest = Built.guest();
        host = SriovHost.start(
                "--java", System.getProperty("java.home"), "--share", guest.toString(), "--memory", "3072");
        host.needs("qemu-system-x86_64", "/dev/kvm");
        folder = host.scratch() + "/server";
        host.output("mkdir", "-p", folder + "/classes");
        host.output("chmod", "711", folder);
        host.output("chmod", "666", "/dev/kvm");
        host.copyIn(Built.target().resolve("test-classes/org"), folder + "/classes/");
        host.copyIn(Built.nativeLibrary(), folder + "/");
        jars().forEach(jar -> host.copyIn(jar, folder + "/"));
        copy("understudy.yaml", CONFIGURATION.formatted(folder, host.user(), host.pf()));
        copy("look", LOOK.formatted(folder, host.pf()));
        copy("web1.xml", domain());
        host.output("chmod", "755", folder + "/look");
        host.output("install", "-m", "666", "/dev/null", folder + "/serial");
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
        host.copyIn(Files.writeString(files.resolve(name), content), folder + "/");
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
                """.formatted(host.here(guest), folder);
    }

    private static String vfs() {
        return host.link() + host.drivers();
    }

    @Test
    void guestTakesTheVfOfItsPoolAndTheHostGetsItBackAsItWas() {
        String before = vfs();

        SriovHost.Result result = host.run(
                host.java() + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-Djava.library.path=" + folder,
                "-cp",
                folder + "/classes:" + folder + "/*",
                InHostServer.class.getName(),
                folder,
                folder + "/web1.xml",
                folder + "/look");

        assertThat(result.status()).as("%s", result).isZero();
        assertThat(result.output())
                .contains("leased " + host.vf(0) + " in process", "active", "given back", host.user(), "path=primary")
                .containsPattern("vf 0 +link/ether 52:54:00:11:22:66");
        host.output("udevadm", "settle", "-t", "10");
        assertThat(vfs()).isEqualTo(before);
    }
}
