// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.itests.Built;

/** The whole path on a real kernel: a pool, a lease, a prepared VF, QEMU as another user, a guest that uses its VF. */
@Tag(SriovHost.TAG)
@ExtendWith(SharedHost.class)
class VfPairIT {
    private static final String COMMAND = "/usr/local/sbin/understudy-vf-test";
    private static final String ACL = "/etc/understudy/vf.acl";
    private static final String CONFIGURATION = """
            hosts:
              - name: emulated
                connector: qemu
                directory: %1$s/vms
                user: %2$s
                nics: {command: /usr/local/sbin/understudy-vf-test}
            pools:
              - {name: pool-a, select: ["%3$s"]}
            """;
    private static final String LOOK = """
            #!/bin/sh
            ip -d link show %2$s | grep 52:54:00:11:22:66
            timeout 60 sh -c 'while bridge fdb show dev %2$s | grep -q 52:54:00:11:22:66; do sleep 0.3; done' &&
              echo 'no forwarding entry'
            lspci -D -k | grep -c "in use: vfio-pci"
            ps -o user= -C qemu-system-x86
            # The guest has enabled the VF; it tells of the first traffic on it a moment later.
            timeout 60 sh -c 'until grep path=primary %1$s/serial; do sleep 0.3; done' | tail -n 1
            """;

    @TempDir
    static Path files;

    private static SriovHost host;
    private static String folder;
    private static Path guest;

    /** The user of the server. */
    private enum Server {
        ROOT("in process"),
        /** Reads in process, and changes by the command that may, as far as its list allows. */
        USER("in process, changes by command");

        private final String access;

        Server(String access) {
            this.access = access;
        }
    }

    @BeforeAll
    static void start(SriovHost shared) throws IOException {
        guest = Built.guest();
        host = shared;
        folder = host.scratch() + "/server";
        host.output("mkdir", "-p", folder + "/classes");
        host.copyIn(Built.target().resolve("test-classes/org"), folder + "/classes/");
        host.copyIn(jars(), folder + "/");
        host.copyIn(Built.nativeLibrary(), folder + "/");
        copy("understudy.yaml", CONFIGURATION.formatted(folder, host.user(), host.pf()));
        copy("look", LOOK.formatted(folder, host.pf()));
        copy("web1.xml", domain());
        host.output("chmod", "755", folder + "/look");
        host.copyIn(Built.vfCommand(), folder + "/understudy-vf");
        String group = host.output("id", "-gn", host.user());
        host.output("install", "-D", "-m", "4750", "-g", group, folder + "/understudy-vf", COMMAND);
    }

    private static void allow(String pf, String commands) throws IOException {
        copy("vf.acl", "allow " + host.user() + " " + pf + " " + commands + "\n");
        host.output("install", "-D", "-m", "644", folder + "/vf.acl", ACL);
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.output("rm", "-rf", COMMAND, ACL, folder);
        }
    }

    /** All but the big ones that only tests need. */
    private static List<Path> jars() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .filter(entry -> !entry.matches(".*/(groovy-all|bcprov-|byte-buddy|junit-|assertj-)[^/]*"))
                .map(Path::of)
                .toList();
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
                    <cmdline>%3$s understudy.heartbeat=10.0.2.2:9</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='host-passthrough'/>
                  <devices>
                    <controller type='pci' index='1' model='pcie-root-port'><alias name='ua-port1'/></controller>
                    <interface type='user' trustGuestRxFilters='yes'>
                      <mac address='52:54:00:11:22:66'/>
                      <model type='virtio'/>
                      <teaming type='persistent'/>
                      <alias name='ua-standby0'/>
                    </interface>
                    <interface type='network'>
                      <mac address='52:54:00:11:22:66'/>
                      <source network='pool-a'/>
                      <vlan><tag id='42'/></vlan>
                      <teaming type='transient' persistent='ua-standby0'/>
                      <alias name='ua-vf0'/>
                      <rom enabled='no'/>
                      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
                    </interface>
                    <serial type='file'><source path='%2$s/serial' append='on'/><target port='0'/></serial>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(host.here(guest), folder, Built.GUEST_OPTIONS);
    }

    /** The state of the PF and its VFs, read with independent tools. */
    private static String vfs() {
        host.output("udevadm", "settle", "-t", "10");
        return host.output("bash", "-c", """
                cd /sys/class/net/%1$s/device
                # A netdev that comes back has another number, and udev gives it other names beside its own.
                for netdev in net/* virtfn*/net/*; do ip -d link show "${netdev##*/}" | sed "s/^[0-9]*: //; /altname/d"; done
                bridge fdb show dev %1$s | grep permanent
                head virtfn*/driver_override
                readlink virtfn*/driver
                stat -c '%%n %%U:%%G %%a' /dev/vfio/*
                """.formatted(host.pf()));
    }

    @ParameterizedTest
    @EnumSource
    void guestTakesTheVfOfItsPoolAndTheHostGetsItBackAsItWas(Server server) throws IOException {
        String before = vfs();
        allow(host.pf(), "lease,configure,bind,forwarding,release");

        SriovHost.Result result = serve(server == Server.ROOT ? "root" : host.user());

        assertThat(result.status()).as("%s", result).isZero();
        assertThat(result.output())
                .as("%s", result)
                .contains("leased " + host.vf(0) + " " + server.access + "\n")
                .contains("active", "given back", host.user(), "path=primary", "no forwarding entry")
                .containsPattern("vf 0 +link/ether 52:54:00:11:22:66 .*vlan 42, .*trust on");
        assertThat(vfs()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "eth9 | lease,configure,bind,forwarding,release | lease",
                "     | lease,bind,forwarding,release           | configure",
                "     | lease,configure,forwarding,release      | bind"
            })
    void whatTheListDoesNotAllowIsRefusedAndLeavesNothingBehind(String pf, String commands, String refused)
            throws IOException {
        String before = vfs();
        allow(pf == null ? host.pf() : pf, commands);

        SriovHost.Result result = serve(host.user());

        assertThat(result.status()).as("%s", result).isEqualTo(1);
        assertThat(result.output())
                .contains("NOT_PERMITTED: ")
                .contains(ACL + " does not allow user " + host.user() + " to " + refused + " on " + host.pf());
        assertThat(vfs()).isEqualTo(before);
    }

    private static SriovHost.Result serve(String user) {
        host.needsGuests();
        host.output("chmod", "666", "/dev/kvm");
        // What the first server has found out about QEMU stays: each start of QEMU takes an emulated CPU seconds.
        host.output("sh", "-ec", """
                cd "$1"
                rm -rf vms understudy
                mkdir -p qemu
                install -m 666 /dev/null serial
                chown "$2" .
                chown -R "$2" qemu
                chmod 711 .
                """, "sh", folder, user);
        return host.run(
                // As a service of that user, with a limit for the memory that VFIO pins.
                "prlimit",
                "--memlock=unlimited:unlimited",
                "setpriv",
                "--reuid",
                user,
                "--regid",
                host.output("id", "-gn", user),
                "--init-groups",
                "--",
                host.java() + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-Djava.library.path=" + folder,
                "-cp",
                folder + "/classes:" + folder + "/*",
                InHostServer.class.getName(),
                folder,
                folder + "/web1.xml",
                folder + "/look");
    }
}
