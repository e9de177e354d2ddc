// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.qemu.domain.FirmwareCatalog;
import org.understudy.qemu.process.Sandbox;

/**
 * NICs on a bridge, with the distribution's bridge helper. The bridge, the helper's permissions and QEMU are in
 * separate namespaces, so this machine is not changed.
 */
class BridgeTest {
    private static final VmName VM = new VmName("vm1");

    private Lab lab;
    private Namespaces inside;
    private Host host;

    @BeforeEach
    void openHost() throws IOException {
        Lab.require(Sandbox.isRoot(), "root");
        Lab.require(Files.exists(Path.of("/dev/net/tun")), "/dev/net/tun");
        lab = new Lab();
        Path etc = Files.createDirectory(lab.root().resolve("etc"));
        inside = new Namespaces();
        // QEMU packages do not create /etc/qemu, so the helper gets a copy of /etc that contains it.
        inside.run(
                "mount -t sysfs sysfs /sys && mount -t tmpfs -o mode=755 etc %1$s && cp -a /etc/. %1$s".formatted(etc));
        inside.run("mkdir -p %1$s/qemu && echo allow br-us0 >%1$s/qemu/bridge.conf && mount --bind %1$s /etc"
                .formatted(etc));
        inside.run("ip link add br-us0 type bridge && ip link set br-us0 up && ip link add br-us1 type bridge");
        host = host();
    }

    @AfterEach
    void endAll() {
        if (host != null) {
            host.find(VM).filter(vm -> host.liveDefinition(VM).isPresent()).ifPresent(vm -> host.destroy(VM));
            host.close();
        }
        if (inside != null) {
            inside.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    /** A host with QEMU and facts of the namespaces. */
    private Host host() throws IOException {
        Path qemu = Files.writeString(
                lab.root().resolve("qemu"),
                "#!/bin/sh\nexec nsenter -t " + inside.pid() + " -n -m -- qemu-system-x86_64 \"$@\"\n");
        Files.setPosixFilePermissions(qemu, PosixFilePermissions.fromString("rwxr-xr-x"));
        HostSettings settings = HostSettings.of(
                new HostPolicy(
                        new HostName("h"),
                        HostSettings.KIND,
                        Map.of("binary", qemu.toString(), "accelerator", "tcg", "user", Lab.USER)),
                lab.root());
        Supplier<Emulator> emulators = new EmulatorProbe(settings, lab.root().resolve("probe"));
        FirmwareCatalog firmware = new FirmwareCatalog(Path.of("/usr/share/qemu/firmware"));
        QemuThreads threads = new QemuThreads(SystemScheduler.process());
        HostEventQueue events = new HostEventQueue(settings.name(), threads.events());
        return new QemuHost(
                settings,
                new QemuRuntime(settings, emulators, firmware, threads, events),
                new QemuFactsReader(
                        settings, emulators, firmware, inside.root("/sys"), inside.root("/etc/qemu/bridge.conf")));
    }

    private static String onBridge(String bridge) {
        return EmptyVms.empty(
                "vm1", "<interface type='bridge'><source bridge='" + bridge + "'/><model type='virtio'/></interface>");
    }

    @Test
    void addsTapToBridgeAndRemovesIt() throws IOException {
        assertThat(host.facts().bridges()).isEqualTo(Optional.of(Set.of("br-us0")));
        host.define(onBridge("br-us0"));

        host.start(VM, Map.of());

        assertThat(ports()).hasSize(1).first().asString().startsWith("tap");
        assertThat(status())
                .as("QEMU runs in its sandbox and dropped root after running the helper")
                .containsPattern("Seccomp:\\s+2")
                .doesNotContainPattern("Uid:\\s+0");

        host.destroy(VM);

        Lab.await("removal of the tap").untilAsserted(() -> assertThat(ports()).isEmpty());
        assertThat(inside.root("/sys/class/net/br-us0")).exists();
    }

    @Test
    void rejectsBridgeThatHelperMayNotUse() {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> host.define(onBridge("br-us1")))
                .satisfies(e -> assertThat(e.findings())
                        .extracting(Finding::code)
                        .containsExactly(FindingCode.NETWORK_MISSING_ON_HOST));
    }

    private List<String> ports() throws IOException {
        try (Stream<Path> ports = Files.list(inside.root("/sys/class/net/br-us0/brif"))) {
            return ports.map(p -> p.getFileName().toString()).toList();
        }
    }

    private String status() throws IOException {
        Path pidFile;
        try (Stream<Path> files = Files.walk(lab.root())) {
            pidFile = files.filter(f -> f.endsWith("qemu.pid")).findFirst().orElseThrow();
        }
        return Files.readString(Path.of("/proc", Files.readString(pidFile).strip(), "status"));
    }

    /** A network and a mount namespace, removed when their shell ends. */
    private static final class Namespaces implements AutoCloseable {
        private final Process shell;
        private final BufferedWriter commands;
        private final BufferedReader answers;

        Namespaces() throws IOException {
            shell = new ProcessBuilder("unshare", "-n", "-m", "--propagation", "private", "sh")
                    .redirectErrorStream(true)
                    .start();
            commands = shell.outputWriter();
            answers = shell.inputReader();
        }

        long pid() {
            return shell.pid();
        }

        /** A path inside the namespaces. */
        Path root(String path) {
            return Path.of("/proc/" + pid() + "/root" + path);
        }

        void run(String command) throws IOException {
            commands.write(command + "; echo exit=$?\n");
            commands.flush();
            StringBuilder output = new StringBuilder();
            String line = answers.readLine();
            while (line != null && !line.startsWith("exit=")) {
                output.append(line).append(' ');
                line = answers.readLine();
            }
            Lab.require("exit=0".equals(line), command + " in a namespace (" + output + ")");
        }

        @Override
        public void close() {
            shell.destroyForcibly();
        }
    }
}
