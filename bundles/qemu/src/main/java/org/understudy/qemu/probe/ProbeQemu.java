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
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpEvent;

/** A QEMU that lives for one question, in a folder of its own. Its vCPUs stand still until told otherwise. */
final class ProbeQemu implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProbeQemu.class);

    /** How long a QEMU takes to be gone once its monitor is. */
    static final Duration EXIT_LIMIT = Duration.ofMillis(500);

    private final Path folder;
    private final Process process;
    private final String binary;

    private ProbeQemu(Path folder, Process process, String binary) {
        this.folder = folder;
        this.process = process;
        this.binary = binary;
    }

    /** What QEMU needs of the folder it is to run in, before it starts. */
    interface Arguments {
        List<String> in(Path folder) throws IOException;
    }

    /** @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if the program can't be run */
    static ProbeQemu start(Path binary, QemuUser user, Arguments arguments) {
        Path folder = newFolder();
        try {
            user.giveFolder(folder);
            List<String> command = new ArrayList<>(user.command(List.of(binary.toString())));
            command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-S"));
            // The short form of the options is the only one that every QEMU from 4.2 on takes.
            command.addAll(List.of("-qmp", "unix:" + folder.resolve("qmp") + ",server,nowait"));
            command.addAll(arguments.in(folder));
            return new ProbeQemu(folder, run(command, folder), binary.toString());
        } catch (IOException e) {
            remove(folder);
            throw new UnderstudyException(
                    ErrorCode.QEMU_START_FAILED, "can't run %s: %s".formatted(binary, e.getMessage()), e);
        }
    }

    private static Path newFolder() {
        try {
            return Files.createTempDirectory("understudy-probe");
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "can't make a folder for a probe: " + e, e);
        }
    }

    private static Process run(List<String> command, Path folder) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    /**
     * Connects to its monitor.
     *
     * @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if QEMU ended before it could be asked
     */
    QmpClient connect(Duration limit, Consumer<QmpEvent> events) {
        awaitMonitor(limit);
        if (!process.isAlive()) {
            throw ended();
        }
        try {
            return QmpClient.connect(folder.resolve("qmp"), limit, events, e -> {});
        } catch (UnderstudyException e) {
            throw awaitExit(EXIT_LIMIT) ? ended() : e;
        }
    }

    private UnderstudyException ended() {
        return new UnderstudyException(
                ErrorCode.QEMU_START_FAILED, "%s ended with %d: %s".formatted(binary, process.exitValue(), output()));
    }

    /** A QEMU that cannot start ends at once, long before the limit of the connection. */
    private void awaitMonitor(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (process.isAlive() && !Files.exists(folder.resolve("qmp")) && System.nanoTime() < end) {
            awaitExit(Duration.ofMillis(10));
        }
    }

    /** True if the process has ended. */
    boolean awaitExit(Duration limit) {
        try {
            return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "the probe of " + binary + " was interrupted", e);
        }
    }

    Process process() {
        return process;
    }

    Path folder() {
        return folder;
    }

    /** The last lines QEMU wrote, at most 1000 characters. */
    String output() {
        String text = read(folder.resolve("output")).strip();
        return text.length() > 1000 ? "..." + text.substring(text.length() - 1000) : text;
    }

    /** A file of the folder as text; empty if it is not there. */
    static String read(Path file) {
        try {
            return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the process and removes the folder. */
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
            LOG.warn("the folder {} of a probe could not be removed", folder, e);
        }
    }
}
