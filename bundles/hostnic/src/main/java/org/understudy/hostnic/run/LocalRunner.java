// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

/**
 * Runs a program of this machine.
 *
 * @param program a path, or a name that is looked up in PATH
 */
public record LocalRunner(List<String> program) implements Runner {
    /** More than any inventory; a program that writes without end must not fill the memory. */
    private static final int LARGEST_OUTPUT = 64 << 20;

    @Override
    public String place() {
        return "command";
    }

    @Override
    public Output run(List<String> arguments, Duration limit) {
        Process process = start(arguments);
        try {
            CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
            CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new UnderstudyException(
                        ErrorCode.DEADLINE_EXCEEDED, name() + " has not ended within " + limit.toMillis() + " ms");
            }
            return new Output(process.exitValue(), out.join(), err.join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, name() + " was not waited for", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readNBytes(LARGEST_OUTPUT), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public Subscription follow(List<String> arguments, Consumer<String> line, Consumer<String> ended) {
        Process process = start(arguments);
        AtomicBoolean wanted = new AtomicBoolean(true);
        Thread reader = new Thread(
                () -> {
                    lines(process, line);
                    int status = process.onExit().join().exitValue();
                    if (wanted.get()) {
                        ended.accept(name() + " ended with status " + status);
                    }
                },
                "understudy-vf-watch");
        reader.setDaemon(true);
        reader.start();
        return () -> {
            wanted.set(false);
            process.destroy();
        };
    }

    private static void lines(Process process, Consumer<String> line) {
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            out.lines().forEach(line);
        } catch (IOException | UncheckedIOException e) {
            process.destroy();
        }
    }

    /** Standard input is empty, so that the program cannot wait for a person. */
    private Process start(List<String> arguments) {
        try {
            return new ProcessBuilder(
                            Stream.concat(program.stream(), arguments.stream()).toList())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .start();
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, name() + " cannot be run: " + e.getMessage(), e);
        }
    }

    private String name() {
        return program.get(program.size() - 1);
    }

    @Override
    public void close() {
        // Nothing is kept open.
    }
}
