// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.understudy.itests.Built;

/** Two emulated SR-IOV hosts with libvirt, {@code alpha} and {@code beta}, as {@code ./understudy lab} starts them. */
public final class SriovLab implements AutoCloseable {
    private static final String VF_COMMAND = "/tmp/understudy-vf";

    private final Path folder;
    private boolean lostPower;
    private final Thread atExit = new Thread(this::down);

    private SriovLab(Path folder) {
        this.folder = folder;
    }

    /**
     * Skipped with a message if the hosts cannot be built, but not on CI.
     *
     * @param options of {@code lab up}
     */
    public static SriovLab start(String... options) throws IOException {
        EmulatedHost.requireBuilt();
        SriovLab lab = new SriovLab(Files.createTempDirectory("us-lab").resolve("lab"));
        Runtime.getRuntime().addShutdownHook(lab.atExit);
        assertThat(lab.script("up", options)).isZero();
        Built.started("lab of two emulated hosts");
        for (String host : List.of("alpha", "beta")) {
            lab.call("copy", host, Built.vfCommand().toString(), ":" + VF_COMMAND);
        }
        return lab;
    }

    /** Both hosts for a server outside, which reaches their NICs over ssh. */
    public String hosts() throws IOException {
        return "hosts:\n" + host("alpha", "10.77.0.1") + host("beta", "10.77.0.2");
    }

    private String host(String name, String address) throws IOException {
        Matcher port = Pattern.compile("Port (\\d+)").matcher(Files.readString(folder.resolve(name + "/ssh_config")));
        assertThat(port.find()).isTrue();
        return """
                  - name: %1$s
                    connector: libvirt
                    uri: "qemu+unix:///system?socket=%2$s/libvirt-sock"
                    peer-uri: qemu+tcp://%3$s/system
                    migration-uri: tcp://%3$s
                    nics:
                      access: ssh
                      address: 127.0.0.1
                      port: %4$s
                      user: root
                      key: %2$s/client_key
                      known-hosts: %2$s/known_hosts
                      command: %5$s
                """.formatted(name, folder.resolve(name), address, port.group(1), VF_COMMAND);
    }

    /** The folder with the test guest, which both hosts see at the same path. */
    public Path guest() {
        return folder.resolve("guest");
    }

    /** What a command prints on a host; it must succeed. */
    public String output(String host, String... command) {
        return call("run", host, command);
    }

    private String call(String verb, String host, String... arguments) {
        List<String> call = new ArrayList<>(List.of(verb, folder.resolve(host).toString()));
        call.addAll(List.of(arguments));
        SriovHost.Result result = SriovHost.script(EmulatedHost.START, SriovHost.NO_INPUT, "host", call);
        assertThat(result.status()).as("%s: %s", call, result).isZero();
        return result.output().stripTrailing();
    }

    /** Copies a file or folder of this machine to a host. */
    public void bring(String host, Path from, String to) {
        call("copy", host, from.toString(), ":" + to);
    }

    /** Forwards a socket of this machine to a path on a host. */
    public void lend(String host, Path socket, String there) throws IOException, InterruptedException {
        Path config = folder.resolve(host).resolve("ssh_config");
        Process ssh = new ProcessBuilder(
                        "ssh", "-F", config.toString(), "-O", "forward", "-R", there + ":" + socket, "emulated")
                .inheritIO()
                .start();
        assertThat(ssh.waitFor()).isZero();
    }

    /** What {@code understudy-vf} answers on a host; it must succeed. */
    public String vf(String host, String... arguments) {
        List<String> command = new ArrayList<>(List.of(VF_COMMAND));
        command.addAll(List.of(arguments));
        return output(host, command.toArray(String[]::new));
    }

    /** Sets the address that the endpoint pings, and resets its counters. */
    public void watch(String address) throws IOException {
        control("watch " + address);
    }

    /** Ends the pings, which cost the emulated hosts CPU time, and resets the counters. */
    public void stopWatching() throws IOException {
        control("watch nothing");
    }

    /**
     * The counters of the endpoint since {@link #watch}: pings to the guest, and heartbeats of the guest; times in
     * milliseconds.
     *
     * @param guestInGap the time by the guest's clock in the longest gap of its heartbeats; the clock stops while the guest is paused
     * @param primary heartbeats through the VF, by the packet counters of the guest
     * @param standby heartbeats through the standby NIC
     */
    public record Figures(
            long pings,
            long pingsLost,
            long pingGap,
            long heartbeats,
            long heartbeatsLost,
            long heartbeatGap,
            long guestInGap,
            long primary,
            long standby) {
        private static final Pattern LINES = Pattern.compile(
                "pings sent=(\\d+) lost=(\\d+) .*longest_gap_ms=(\\d+)\\n"
                        + "heartbeats sent=(\\d+) lost=(\\d+) .*longest_gap_ms=(\\d+) guest_ms=(-?\\d+) primary=(\\d+) standby=(\\d+)\\n");

        static Figures parse(String text) {
            Matcher m = LINES.matcher(text);
            assertThat(m.matches()).as("%s", text).isTrue();
            long[] n = IntStream.rangeClosed(1, 9)
                    .mapToLong(i -> Long.parseLong(m.group(i)))
                    .toArray();
            return new Figures(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]);
        }

        public long answers() {
            return pings - pingsLost;
        }
    }

    public Figures figures() throws IOException {
        Path figures = folder.resolve("figures");
        Files.deleteIfExists(figures);
        control("figures");
        await("the wire's figures").atMost(Duration.ofSeconds(10)).until(() -> Files.exists(figures));
        return Figures.parse(Files.readString(figures));
    }

    /** Without a reader, opening the pipe blocks forever. */
    private void control(String line) throws IOException {
        long wire = Long.parseLong(Files.readString(folder.resolve("wire.pid")).strip());
        assertThat(ProcessHandle.of(wire)).as("the wire runs").isPresent();
        Files.writeString(folder.resolve("wire.control"), line + "\n", StandardOpenOption.WRITE);
    }

    /** Kills the whole host, like a power failure. */
    public void cutPower(String host) throws IOException {
        long qemu = Long.parseLong(
                Files.readString(folder.resolve(host + "/qemu.pid")).strip());
        ProcessHandle.of(qemu).orElseThrow().destroyForcibly();
        lostPower = true;
    }

    /** Whether a host is gone. */
    public boolean hasLostPower() {
        return lostPower;
    }

    /** The status that a command of {@code ./understudy lab} ends with. */
    public int script(String command, String... options) {
        List<String> call = new ArrayList<>(List.of(Built.script().toString(), "lab", command));
        call.addAll(List.of(options));
        ProcessBuilder script = new ProcessBuilder(call).inheritIO();
        script.environment().put("UNDERSTUDY_LAB", folder.toString());
        try {
            Process process = script.start();
            if (!process.waitFor(10, TimeUnit.MINUTES)) {
                process.destroy();
            }
            return process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void down() {
        script("down");
    }

    @Override
    public void close() throws IOException {
        Runtime.getRuntime().removeShutdownHook(atExit);
        down();
        Files.delete(folder.getParent());
    }
}
