// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A QEMU process with a QMP socket, and the list of QEMUs to test with.
 *
 * <p>The QEMU of the system is always tested. The environment variable {@code UNDERSTUDY_TEST_QEMUS} lists others,
 * separated by colons.
 */
public final class RealQemu implements AutoCloseable {
    private static final String SYSTEM = "/usr/bin/qemu-system-x86_64";

    private final Process process;
    private final Path socket;

    public RealQemu(Path binary, Path folder, String... arguments) throws IOException {
        socket = folder.resolve("qmp");
        List<String> line = new ArrayList<>(List.of(binary.toString(), "-nodefaults", "-display", "none"));
        line.addAll(List.of(arguments));
        line.addAll(List.of("-qmp", "unix:" + socket + ",server,nowait"));
        process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    /** Every QEMU to test with. Without the QEMU of the system the test is skipped, or fails if CI=true. */
    public static Stream<Path> binaries() {
        Path system = Path.of(SYSTEM);
        if (!Files.isExecutable(system)) {
            String message = system + " is not installed";
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError(message);
            }
            abort(message);
        }
        String others = System.getenv().getOrDefault("UNDERSTUDY_TEST_QEMUS", "");
        return Stream.concat(
                Stream.of(system),
                Stream.of(others.split(File.pathSeparator))
                        .filter(p -> !p.isBlank())
                        .map(Path::of));
    }

    public static Path system() {
        return binaries().findFirst().orElseThrow();
    }

    public Path socket() {
        return socket;
    }

    Process process() {
        return process;
    }

    /** Sends a signal, such as {@code STOP}. */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().orTimeout(1, TimeUnit.MINUTES).join();
    }
}
