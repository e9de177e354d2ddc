// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assumptions;
import org.understudy.itests.Built;

/** A machine with an SR-IOV NIC behind an IOMMU, emulated. It ends with {@link #close} or with this JVM. */
final class EmulatedHost implements AutoCloseable {
    /** Long enough for a host under emulation on a busy machine, and for building it where that has not been done. */
    private static final Duration START = Duration.ofMinutes(5);

    private static final Duration COMMAND = Duration.ofMinutes(3);
    private static final Path NO_INPUT = Path.of("/dev/null");

    /** What a command left: its exit status and all it printed. */
    record Result(int status, String output, String errors) {}

    private final Path scratch;
    private final Path folder;

    private EmulatedHost(Path scratch) {
        this.scratch = scratch;
        folder = scratch.resolve("host");
    }

    /** @param options of {@code itests/lab/host up}; the folder and the leash are given by this class */
    static EmulatedHost start(String... options) {
        EmulatedHost host;
        try {
            host = new EmulatedHost(Files.createTempDirectory("us-host"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        host.requireBuilt();
        List<String> up = new ArrayList<>(
                List.of("up", "--leash", String.valueOf(ProcessHandle.current().pid())));
        up.addAll(List.of(options));
        up.add(host.folder.toString());
        Result started = host.script(START, NO_INPUT, "host", up);
        assertThat(started.status()).as(started.errors()).isZero();
        return host;
    }

    /** Building needs Debian's packages, which not every machine can reach; on CI it must work. */
    private void requireBuilt() {
        Result built = script(START, NO_INPUT, "build-host", List.of());
        if (built.status() != 0 && !"true".equals(System.getenv("CI"))) {
            System.err.println("SKIPPED: no emulated host: " + built.errors());
            Assumptions.assumeThat(built.status())
                    .as("the emulated host can be built")
                    .isZero();
        }
        assertThat(built.status()).as(built.errors()).isZero();
    }

    /** Runs a command as root; there is no shell between. */
    Result run(String... command) {
        return runWith(NO_INPUT, command);
    }

    /** What a command prints, without the last line's end; it must succeed. */
    String output(String... command) {
        Result result = run(command);
        assertThat(result.status())
                .as("%s: %s", String.join(" ", command), result)
                .isZero();
        return result.output().stripTrailing();
    }

    /** Runs a shell script of this machine in the emulated host. */
    Result runScript(Path file, String... arguments) {
        List<String> command = new ArrayList<>(List.of("bash", "-s", "--"));
        command.addAll(List.of(arguments));
        return runWith(file, command.toArray(String[]::new));
    }

    /** Copies a file or folder of this machine into the emulated host. */
    void copyIn(Path from, String to) {
        Result copied =
                script(COMMAND, NO_INPUT, "host", List.of("copy", folder.toString(), from.toString(), ":" + to));
        assertThat(copied.status()).as(copied.errors()).isZero();
    }

    /** For ssh and for what reads its configuration; the host's name in it is {@code emulated}. */
    Path sshConfig() {
        return folder.resolve("ssh_config");
    }

    /** Of a host that was started with {@code --libvirt}, for clients outside of it. */
    Path libvirtSocket() {
        return folder.resolve("libvirt-sock");
    }

    @Override
    public void close() {
        Result down = script(COMMAND, NO_INPUT, "host", List.of("down", folder.toString()));
        try {
            Files.delete(scratch);
        } catch (IOException e) {
            throw new UncheckedIOException(down.errors(), e);
        }
        assertThat(down.status()).as(down.errors()).isZero();
    }

    private Result runWith(Path input, String... command) {
        List<String> run = new ArrayList<>(List.of("run", folder.toString()));
        run.addAll(List.of(command));
        return script(COMMAND, input, "host", run);
    }

    private Result script(Duration patience, Path input, String name, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(Built.lab(name).toString()));
        command.addAll(arguments);
        try {
            Path output = Files.createTempFile(scratch, "output", "");
            Path errors = Files.createTempFile(scratch, "errors", "");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectInput(input.toFile())
                        .redirectOutput(Redirect.to(output.toFile()))
                        .redirectError(Redirect.to(errors.toFile()))
                        .start();
                boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    process.destroy();
                }
                assertThat(ended)
                        .as("%s ends: %s", command, Files.readString(errors))
                        .isTrue();
                return new Result(process.exitValue(), text(output), text(errors));
            } finally {
                Files.delete(output);
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}
