// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * A real libvirtd with its own folders, in its own mount and process namespace: this machine's libvirt is not affected, and
 * all processes it started end with the namespace.
 */
public final class Libvirtd implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/sbin/libvirtd");
    /** Shared by all tests of this build. */
    private static final Path CAPABILITIES =
            Path.of("target/libvirt-capabilities").toAbsolutePath();

    /** Each input line starts a daemon and waits for its end. The first process of the namespace must reap orphans. */
    private static final String SCRIPT = """
            mount --make-rprivate / && mount -t proc proc /proc || exit 1
            for place in etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt run:/run/libvirt log:/var/log/libvirt; do
              mkdir -p "${place#*:}" && mount --bind "$0/${place%%:*}" "${place#*:}" || exit 1
            done
            # What libvirt has found out about QEMU, so that not each daemon starts QEMU several times for it.
            mkdir -p /var/cache/libvirt/qemu/capabilities && mount --bind "$2" /var/cache/libvirt/qemu/capabilities || exit 1
            # libvirtd does not start without this user, which only Debian's package of its services creates.
            for list in passwd group; do
              cp "/etc/$list" "$0/$list" && mount --bind "$0/$list" "/etc/$list" || exit 1
            done
            getent group libvirt-qemu >/dev/null || echo libvirt-qemu:x:64055: >>/etc/group
            getent passwd libvirt-qemu >/dev/null || echo libvirt-qemu:x:64055:64055::/nonexistent:/bin/false >>/etc/passwd
            while read -r _; do
              while :; do
                rm -f "$0/run/libvirtd.pid"
                libvirtd $1 -p "$0/run/libvirtd.pid" &
                wait $!
                # As systemd does: libvirtd 9.0.0 has a segmentation fault now and then when hundreds of connections are cut.
                [ $? -eq 139 ] || break
              done
            done
            """;

    private static final Duration POLL = Duration.ofMillis(10);

    private final Path directory;
    private final OptionalInt port;
    private final Process namespace;

    private Libvirtd(Path directory, OptionalInt port, Process namespace) {
        this.directory = directory;
        this.port = port;
        this.namespace = namespace;
    }

    /** Starts a daemon and waits until it answers. Skips the test without libvirtd or root; fails in CI. */
    public static Libvirtd start(Path directory) throws IOException {
        return start(directory, "", OptionalInt.empty());
    }

    /** Starts a daemon that also listens on 127.0.0.1. */
    public static Libvirtd startWithTcp(Path directory) throws IOException {
        int port = freePort();
        return start(directory, """
                listen_tls = 0
                listen_tcp = 1
                listen_addr = "127.0.0.1"
                tcp_port = "%d"
                auth_tcp = "none"
                """.formatted(port), OptionalInt.of(port));
    }

    /** Starts a daemon that also listens on 127.0.0.1 and requires certificates, such as those in {@link #pki}. */
    public static Libvirtd startWithTls(Path directory) throws IOException {
        int port = freePort();
        Path pki = Certificates.make(directory.resolve("pki")).folder();
        return start(directory, """
                listen_tls = 1
                listen_addr = "127.0.0.1"
                tls_port = "%1$d"
                ca_file = "%2$s/cacert.pem"
                cert_file = "%2$s/servercert.pem"
                key_file = "%2$s/serverkey.pem"
                """.formatted(port, pki), OptionalInt.of(port));
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static Libvirtd start(Path directory, String listening, OptionalInt port) throws IOException {
        boolean possible = Files.isExecutable(PROGRAM) && "root".equals(System.getProperty("user.name"));
        if (!possible && "true".equals(System.getenv("CI"))) {
            throw new AssertionError("this test needs libvirtd (Debian: libvirt-daemon) and root");
        }
        assumeTrue(possible, "SKIPPED: needs libvirtd (Debian: libvirt-daemon) and root");
        for (String place : new String[] {"etc", "lib", "cache", "run", "log"}) {
            Files.createDirectories(directory.resolve(place));
        }
        Files.createDirectories(CAPABILITIES);
        Files.writeString(directory.resolve("etc/libvirtd.conf"), listening + daemonSettings(directory));
        Files.writeString(directory.resolve("etc/qemu.conf"), """
                security_driver = "none"
                user = "root"
                group = "root"
                stdio_handler = "file"
                remember_owner = 0
                cgroup_controllers = []
                namespaces = []
                """);
        Process namespace = new ProcessBuilder(
                        "unshare",
                        "-m",
                        "-p",
                        "--fork",
                        "--kill-child",
                        "bash",
                        "-c",
                        SCRIPT,
                        directory.toString(),
                        port.isPresent() ? "-l" : "",
                        CAPABILITIES.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log/namespace.log").toFile())
                .start();
        Libvirtd daemon = new Libvirtd(directory, port, namespace);
        daemon.begin();
        return daemon;
    }

    private static String daemonSettings(Path directory) {
        return """
                unix_sock_dir = "%s/run"
                auth_unix_rw = "none"
                host_uuid = "%s"
                log_outputs = "3:file:%s/log/libvirtd.log"
                """.formatted(directory, UUID.randomUUID(), directory);
    }

    /** Starts the daemon again after {@link #kill}. */
    public void begin() throws IOException {
        Files.deleteIfExists(socket());
        namespace.getOutputStream().write('\n');
        namespace.getOutputStream().flush();
        await().pollInterval(POLL).atMost(Duration.ofSeconds(60)).until(this::listens);
    }

    /** The socket is there before the daemon listens on it. */
    private boolean listens() {
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            return connection.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Kills the daemon with SIGKILL; the VMs it started keep running. */
    public void kill() {
        killAll("/libvirtd");
    }

    /** Sends a signal, such as {@code STOP}, to the daemon. */
    public void signal(String signal) throws IOException, InterruptedException {
        signal("/libvirtd", signal);
    }

    /** Sends a signal, such as {@code STOP}, to every QEMU. */
    public void signalVms(String signal) throws IOException, InterruptedException {
        signal("/qemu-system-x86_64", signal);
    }

    private void signal(String program, String signal) throws IOException, InterruptedException {
        for (ProcessHandle process : running(program)) {
            Process kill = new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start();
            assertThat(kill.waitFor()).isZero();
        }
    }

    /** Kills every QEMU with SIGKILL. */
    public void killVms() {
        killAll("/qemu-system-x86_64");
    }

    private void killAll(String program) {
        List<ProcessHandle> found = running(program);
        found.forEach(ProcessHandle::destroyForcibly);
        await().pollInterval(POLL)
                .atMost(Duration.ofSeconds(30))
                .until(() -> found.stream().noneMatch(ProcessHandle::isAlive));
    }

    private List<ProcessHandle> running(String program) {
        List<ProcessHandle> found = namespace
                .descendants()
                .filter(p -> p.info().command().filter(c -> c.endsWith(program)).isPresent())
                .toList();
        assertThat(found).as(program).isNotEmpty();
        return found;
    }

    public Path socket() {
        return directory.resolve("run/libvirt-sock");
    }

    /** @param driver such as {@code qemu} with the path {@code /system} */
    public String uri(String driver, String path) {
        return driver + "+unix://" + path + "?socket=" + socket();
    }

    /** URI of a daemon that was started with TCP. */
    public String tcpUri(String driver, String path) {
        return driver + "+tcp://127.0.0.1:" + port.orElseThrow() + path;
    }

    /** URI whose ssh is a script that runs the command for the host in the daemon's namespace. */
    public String sshUri() throws IOException {
        Path ssh = directory.resolve("ssh");
        Files.writeString(ssh, """
                #!/bin/sh
                for command; do :; done
                exec nsenter -t %d -m -r sh -c "$command"
                """.formatted(running("/libvirtd").get(0).pid()));
        assertThat(ssh.toFile().setExecutable(true)).isTrue();
        return "qemu+ssh://127.0.0.1/system?proxy=native&command=" + ssh;
    }

    /** URI of a daemon that was started with TLS. */
    public String tlsUri(Path pki) {
        return "qemu+tls://127.0.0.1:" + port.orElseThrow() + "/system?pkipath=" + pki;
    }

    /** Folder with the certificates of a daemon that was started with TLS. */
    public Path pki() {
        return directory.resolve("pki");
    }

    @Override
    public void close() {
        namespace.destroyForcibly();
        assertThat(namespace.onExit()).succeedsWithin(Duration.ofSeconds(30));
    }
}
