// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpEvent;

/** A disposable QEMU for one query, in its own temporary folder. Its vCPUs are paused until {@code cont}. */
final class ProbeQemu implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProbeQemu.class);

    /** How long a QEMU takes to exit after it closed its monitor. */
    static final Duration EXIT_LIMIT = Duration.ofMillis(500);

    private final Path folder;
    private final Process process;
    private final String binary;

    private ProbeQemu(Path folder, Process process, String binary) {
        this.folder = folder;
        this.process = process;
        this.binary = binary;
    }

    /** Builds the arguments of QEMU and the files that it needs. */
    interface Arguments {
        List<String> forFolder(Path folder) throws IOException;
    }

    /** @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if the program cannot be run */
    static ProbeQemu start(Path binary, QemuUser user, Arguments arguments) {
        Path folder = newFolder();
        try {
            user.chown(folder);
            List<String> command = new ArrayList<>(user.command(List.of(binary.toString())));
            command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-S"));
            // Only the short form of the options is supported by every QEMU since 4.2.
            command.addAll(List.of("-qmp", "unix:" + folder.resolve("qmp") + ",server,nowait"));
            command.addAll(arguments.forFolder(folder));
            return new ProbeQemu(folder, run(command, folder), binary.toString());
        } catch (IOException e) {
            remove(folder);
            throw new UnderstudyException(
                    ErrorCode.QEMU_START_FAILED, "Cannot run %s: %s".formatted(binary, e.getMessage()), e);
        }
    }

    private static Path newFolder() {
        try {
            return Files.createTempDirectory("understudy-probe");
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot create a temporary folder for a probe: " + e, e);
        }
    }

    private static Process run(List<String> command, Path folder) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    /**
     * Connects to the monitor.
     *
     * @param events called on the reader's thread; must not block
     * @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if QEMU exited before the connection
     */
    QmpClient connect(Duration limit, Consumer<QmpEvent> events) {
        awaitMonitor(limit);
        if (!process.isAlive()) {
            throw exitFailure();
        }
        try {
            return QmpClient.connect(folder.resolve("qmp"), limit, Runnable::run, events, e -> {});
        } catch (UnderstudyException e) {
            throw awaitExit(EXIT_LIMIT) ? exitFailure() : e;
        }
    }

    private UnderstudyException exitFailure() {
        return new UnderstudyException(
                ErrorCode.QEMU_START_FAILED,
                "QEMU %s exited with %d: %s".formatted(binary, process.exitValue(), output()));
    }

    /** A QEMU that cannot start exits at once, so this does not wait for the limit of the connection. */
    private void awaitMonitor(Duration limit) {
        Deadline end = Deadline.in(SystemScheduler.process(), limit);
        while (process.isAlive() && !Files.exists(folder.resolve("qmp")) && !end.isOver()) {
            awaitExit(Duration.ofMillis(10));
        }
    }

    /** False if the process is alive after the limit. */
    boolean awaitExit(Duration limit) {
        try {
            return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "Probe of QEMU " + binary + " was interrupted", e);
        }
    }

    Process process() {
        return process;
    }

    Path folder() {
        return folder;
    }

    /** The last output of QEMU, at most 1000 characters. */
    String output() {
        String text = read(folder.resolve("output")).strip();
        return text.length() > 1000 ? "..." + text.substring(text.length() - 1000) : text;
    }

    /** The content of a file; empty if the file does not exist. */
    static String read(Path file) {
        try {
            return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills the process and removes the folder. */
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
        remove(folder);
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            LOG.warn("Probe folder {}: could not be removed", folder, e);
        }
    }
}
