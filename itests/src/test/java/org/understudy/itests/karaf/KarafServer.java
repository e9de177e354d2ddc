// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.understudy.itests.Built;

/** One Karaf in its own temporary folder, on free ports of this machine. Closing it removes everything. */
final class KarafServer implements AutoCloseable {
    static final Duration START_LIMIT = Duration.ofSeconds(120);

    final Path home;
    final int sshPort = freePort();
    final int httpPort = freePort();
    private final Duration poll;
    private Process process;

    /** @param archive the tar.gz of a Karaf; its single top folder is stripped */
    KarafServer(Path archive) throws IOException, InterruptedException {
        this(archive, Duration.ofMillis(200));
    }

    /** @param poll pause between two checks of a condition */
    KarafServer(Path archive, Duration poll) throws IOException, InterruptedException {
        // Short, because QEMU's monitor sockets have to fit into 107 bytes.
        this(archive, poll, "us-it");
    }

    /** @param name of its folder in /tmp, which a random number follows */
    KarafServer(Path archive, Duration poll, String name) throws IOException, InterruptedException {
        this.poll = poll;
        home = Files.createTempDirectory(Path.of("/tmp"), name);
        // Needs search permission for the unprivileged user of a QEMU that root starts.
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
        run(List.of("tar", "-xzf", archive.toString(), "-C", home.toString(), "--strip-components=1"));
        replace("org.apache.karaf.shell.cfg", "sshPort\\s*=.*", "sshPort = " + sshPort);
    }

    static void run(List<String> command) throws IOException, InterruptedException {
        Process done = new ProcessBuilder(command).inheritIO().start();
        if (done.waitFor() != 0) {
            throw new IOException(command + " exited with " + done.exitValue());
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int freeUdpPort() {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path etc(String file) {
        return home.resolve("etc").resolve(file);
    }

    /** Sets one line of a file in {@code etc}. */
    void replace(String file, String pattern, String line) throws IOException {
        String before = Files.readString(etc(file));
        Files.writeString(etc(file), before.replaceAll("(?m)^" + pattern + "$", line));
    }

    /** @param wrapper a command that runs another one, such as as another user */
    void start(String... wrapper) throws IOException {
        List<String> command = new ArrayList<>(List.of(wrapper));
        command.addAll(List.of(home.resolve("bin/karaf").toString(), "daemon"));
        ProcessBuilder karaf = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("console.log").toFile());
        karaf.environment().keySet().removeIf(name -> name.startsWith("KARAF_"));
        // In tests, neither the C2 compiler nor a parallel collector pays off.
        karaf.environment().put("EXTRA_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
        process = karaf.start();
        Built.started("Karaf");
    }

    /** Starts the distribution with a configuration, if it does not run yet; returns when all its hosts are connected. */
    Rest startWith(String configuration, int hosts) throws IOException {
        Files.writeString(etc("understudy.yaml"), configuration);
        if (process == null) {
            replace(
                    "org.ops4j.pax.web.cfg",
                    "org.osgi.service.http.port\\s*=.*",
                    "org.osgi.service.http.port = " + httpPort);
            start();
            awaitUntil("the first start's password", () -> Files.exists(etc("admin.password")));
        }
        Rest rest = new Rest(httpPort, "admin", password());
        awaitUntil("every host", () -> {
            JsonNode all = rest.json("/api/v1/hosts");
            return all.size() == hosts
                    && all.findValuesAsText("available").stream().allMatch("true"::equals);
        });
        return rest;
    }

    /** Removes all VMs. */
    void removeVms() throws IOException, InterruptedException {
        Rest rest = new Rest(httpPort, "admin", password());
        for (JsonNode vm : rest.json("/api/v1/vms").get("vms")) {
            String path = "/api/v1/vms/" + vm.get("uuid").asText();
            String host = "?host=" + vm.get("host").asText();
            rest.change("POST", path + "/destroy" + host, "");
            rest.change("DELETE", path + host, "");
        }
        awaitUntil("no VMs", () -> rest.json("/api/v1/vms").get("vms").isEmpty());
    }

    /** Removes all hosts from the configuration. */
    void manageNothing() throws IOException {
        Rest rest = new Rest(httpPort, "admin", password());
        Files.writeString(etc("understudy.yaml"), "hosts: []\n");
        awaitUntil("no hosts", () -> rest.json("/api/v1/hosts").isEmpty());
    }

    /** Waits for a condition; on a timeout, or if Karaf ends before, the failure has the logs. */
    void awaitUntil(String what, Callable<Boolean> condition) {
        try {
            await(what)
                    .atMost(START_LIMIT)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(poll)
                    .ignoreExceptions()
                    .until(() -> {
                        if (!process.isAlive()) {
                            throw new AssertionError("Karaf ended with " + process.exitValue());
                        }
                        return condition.call();
                    });
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(what + ": " + e.getMessage() + "\n" + logs(), e);
        }
    }

    /** Waits until a value fulfils a condition; the failure has also the last value. */
    <T> void awaitUntil(String what, Callable<T> read, Predicate<T> condition) {
        AtomicReference<T> last = new AtomicReference<>();
        try {
            awaitUntil(what, () -> {
                last.set(read.call());
                return condition.test(last.get());
            });
        } catch (AssertionError e) {
            throw new AssertionError(what + ", last value: " + last.get() + "\n" + e.getMessage(), e);
        }
    }

    String logs() {
        return tail(home.resolve("console.log")) + tail(home.resolve("data/log/karaf.log"));
    }

    private static String tail(Path file) {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size())) + "\n";
        } catch (IOException e) {
            return file + ": " + e.getMessage() + "\n";
        }
    }

    /** The password that the first start generated. */
    String password() throws IOException {
        return Files.readString(etc("admin.password")).strip();
    }

    /** The processes that have this server's folder in their command line, whoever started them. */
    List<ProcessHandle> processes() {
        return ProcessHandle.allProcesses()
                .filter(handle -> commandLine(handle.pid()).contains(home.toString()))
                .toList();
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /** Stops Karaf as a service manager does. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("Karaf did not end within a minute\n" + logs());
        }
        return process.exitValue();
    }

    /** Kills it, as a power failure would. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws IOException {
        processes().forEach(ProcessHandle::destroyForcibly);
        try (Stream<Path> files = Files.walk(home)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }
}
