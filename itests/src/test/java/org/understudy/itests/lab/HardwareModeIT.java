// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.itests.Built;

/**
 * {@code ./understudy test --hardware}, with an emulated host as the machine. Its second PF is for the tests; the first
 * one carries the default route. The substitute for the suite leaves changes that the real suite removes.
 */
class HardwareModeIT {
    private static final String FUNCTION = "/sys/class/net/enp2s0/device";
    private static final String SUITE = """
            #!/bin/sh
            set -e
            itests/lab/host run "$UNDERSTUDY_HARDWARE" bash -es <change >&2
            mkdir -p itests/target/failsafe-reports
            echo '<testsuite name="it" tests="1" failures="0" errors="0" skipped="0">' >itests/target/failsafe-reports/TEST-it.xml
            [ ! -e wait ] || { echo changed >&2; exec sleep 1000; }
            """;
    private static final String CHANGE = """
            cd /var/lib/understudy-hardware/scratch
            sleep 1000 </dev/null >/dev/null 2>&1 &
            echo 0 >function/sriov_numvfs
            echo 4 >function/sriov_numvfs
            udevadm settle
            ip link set enp2s0 up vf 0 mac 52:54:00:01:02:03 vlan 5 qos 2 trust on spoofchk off
            echo vfio-pci >function/virtfn1/driver_override
            vf=$(basename "$(readlink function/virtfn1)")
            echo "$vf" >"function/virtfn1/driver/unbind"
            echo "$vf" >/sys/bus/pci/drivers_probe
            ip link set "$(ls function/virtfn2/net)" up
            echo 0 >function/sriov_numvfs
            echo 2 >function/sriov_numvfs
            ip link add us-nested type bridge
            ip link set enp2s0 mtu 1400 master us-nested up
            bridge fdb add 52:54:00:aa:00:99 dev enp2s0 self
            mkdir -p /etc/understudy /var/lib/understudy-vf
            echo other >/etc/understudy/vf.acl
            echo 7 >/var/lib/understudy-vf/fencing
            chmod 666 /dev/kvm
            """.replace("function", FUNCTION);
    private static final String PICTURE = """
            ip -o link show | sed 's/^[0-9]*//; s/ qdisc [^ ]*//; s/ permaddr [^ ]*//' | sort
            lspci -Dk
            bridge fdb show | grep -v ^33:33: | sort
            cut -d' ' -f1 /proc/modules | sort
            stat -c '%n %A %U %G' /dev/kvm /dev/vfio/* /usr/local/sbin/*
            find /etc/understudy /var/lib/understudy* -printf '%p %M %u %g %Ts\\n' -type f -exec cat {} +
            pgrep -a sleep
            true
            """;

    @TempDir
    static Path folder;

    private static EmulatedHost host;

    @BeforeAll
    static void start() throws Exception {
        host = EmulatedHost.start("--pfs", "2", "--vfs", "3");
        // The emulated wire has an IPv6 router.
        host.output("sh", "-ec", "echo 1 >/proc/sys/net/ipv6/conf/enp2s0/disable_ipv6; rmmod vfio_pci vfio_pci_core");
        host.output("ip", "route", "add", "default", "via", "10.88.0.2");
        host.output("sh", "-ec", "mkdir /etc/understudy; echo mine >/etc/understudy/vf.acl");
        copyOfTheScripts();
        Files.writeString(folder.resolve("change"), CHANGE);
        Files.createDirectory(folder.resolve("bin"));
        Path suite = Files.writeString(folder.resolve("bin/mvn"), SUITE);
        Files.setPosixFilePermissions(suite, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A copy, because the reports in this checkout belong to the tests that are running. */
    private static void copyOfTheScripts() throws Exception {
        Path root = Built.script().getParent();
        Files.createDirectory(folder.resolve("bundles"));
        Files.createDirectory(folder.resolve("itests"));
        for (String part : List.of("understudy", "pom.xml", "itests/lib", "itests/lab", "itests/guest")) {
            Process copy = new ProcessBuilder(
                            "cp",
                            "-r",
                            root.resolve(part).toString(),
                            folder.resolve(part).toString())
                    .inheritIO()
                    .start();
            assertThat(copy.waitFor()).isZero();
        }
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.close();
        }
    }

    private static Path machine(String pf, String... more) throws IOException {
        String ssh = Files.readString(host.sshConfig());
        Path keys = host.sshConfig().getParent();
        String port = ssh.replaceFirst("(?s).*\\bPort (\\d+).*", "$1");
        return Files.writeString(
                folder.resolve("machine.conf"), """
                # an emulated host
                address = 127.0.0.1
                port = %s
                key = %2$s/client_key
                known-hosts = %2$s/known_hosts
                pf = %3$s
                vfs = 4
                %4$s
                """.formatted(port, keys, pf, String.join("\n", more)));
    }

    private static Process begin(String... options) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(folder.resolve("understudy").toString(), "test", "--hardware"));
        command.addAll(List.of(options));
        ProcessBuilder script = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("said").toFile());
        script.environment().merge("PATH", folder.resolve("bin") + ":", (path, bin) -> bin + path);
        script.environment().put("UNDERSTUDY_GUEST", folder.toString());
        return script.start();
    }

    /** The exit status, a colon, and the output. */
    private static String result(Process process) throws Exception {
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() + ": " + said();
    }

    private static String said() throws IOException {
        return Files.readString(folder.resolve("said"), StandardCharsets.UTF_8);
    }

    private static String run(Path machine, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of(machine.toString()));
        all.addAll(List.of(options));
        return result(begin(all.toArray(String[]::new)));
    }

    private static String picture() {
        return host.output("bash", "-c", PICTURE);
    }

    @Test
    void refusesThePfUnderTheDefaultRouteAndShowsTheMachine() throws Exception {
        assertThat(run(machine("enp1s0"), "--yes"))
                .startsWith("4: ")
                .contains("PF: enp1s0 = 0000:01:00.0, driver igb")
                .contains("refused: the default route goes through br0, which is on top of enp1s0");
    }

    @Test
    void refusesThePfOfItsOwnConnection() {
        assertThat(host.runScript(Built.lab("machine"), "inspect", "enp1s0", "10.88.0.2", "10.88.0.1")
                        .output())
                .contains("refuse: this connection goes through br0, which is on top of enp1s0");
    }

    @Test
    void refusesVfsInUse() throws Exception {
        host.output("ip", "link", "set", "enp2s0v1", "up");
        try {
            assertThat(run(machine("enp2s0"), "--yes")).startsWith("4: ").contains("is in use: enp2s0v1 is up");
        } finally {
            host.output("ip", "link", "set", "enp2s0v1", "down");
        }
    }

    @Test
    void refusesNicsWithoutSrIov() throws Exception {
        assertThat(run(machine("enp0s2"), "--yes")).startsWith("4: ").contains("enp0s2 has no SR-IOV", "enp1s0 enp2s0");
    }

    @Test
    void touchesNothingWithoutConsent() throws Exception {
        String before = picture();
        assertThat(run(machine("enp2s0")))
                .startsWith("4: ")
                .contains("use enp2s0 and its VFs, and no other PF", "confirmation needs a terminal");
        assertThat(picture()).isEqualTo(before);
    }

    @Test
    void fileWithAnUnknownKeyIsAUsageError() throws Exception {
        assertThat(run(machine("enp2s0", "passwort = secret")))
                .startsWith("2: ")
                .contains("'passwort' is unknown");
    }

    @Test
    void restoresTheMachine() throws Exception {
        String before = picture();
        assertThat(run(machine("enp2s0"), "--yes"))
                .startsWith("0: ")
                .contains("127.0.0.1 is restored.")
                .endsWith("1 passed, 0 failed, 0 skipped\n");
        assertThat(picture()).isEqualTo(before);
    }

    @Test
    void restoresTheMachineAfterAnInterruptionAndNamesWhatItCannotRestore() throws Exception {
        String before = picture();
        Files.createFile(folder.resolve("wait"));
        Process test = begin(machine("enp2s0").toString(), "--yes");
        await().atMost(Duration.ofMinutes(4)).until(() -> said().contains("changed"));
        host.output("ip", "link", "add", "stranger0", "type", "bridge");
        test.destroy();
        assertThat(result(test))
                .startsWith("143: ")
                .contains("+stranger0", "NOT restored")
                .doesNotContain("-enp2s0");
        Files.delete(folder.resolve("wait"));

        assertThat(run(machine("enp2s0"), "--yes")).startsWith("4: ").contains("an earlier run has not ended");
        host.output("ip", "link", "del", "stranger0");
        assertThat(run(machine("enp2s0"), "--restore")).startsWith("0: ").contains("is restored");
        assertThat(picture()).isEqualTo(before);
    }
}
