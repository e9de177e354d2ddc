// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

/**
 * Runs a program on this machine.
 *
 * @param program a path, or a name to look up in PATH
 */
public record LocalRunner(List<String> program) implements Runner {
    @Override
    public String place() {
        return "command";
    }

    @Override
    public Output run(List<String> arguments, Duration limit) {
        Process process = start(arguments, ProcessBuilder.Redirect.PIPE);
        try {
            CompletableFuture<String> out = read(process, process.getInputStream());
            CompletableFuture<String> err = read(process, process.getErrorStream());
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new UnderstudyException(
                        ErrorCode.DEADLINE_EXCEEDED, name() + " did not end within " + limit.toMillis() + " ms");
            }
            return new Output(process.exitValue(), out.get(), err.get());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof UnderstudyException known
                    ? known
                    : new UnderstudyException(
                            ErrorCode.IO_FAILED, "Output of " + name() + " could not be read: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, name() + ": wait for its end was interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Runs on a thread of its own: programs that hang would exhaust a shared pool. */
    private CompletableFuture<String> read(Process process, InputStream stream) {
        return CompletableFuture.supplyAsync(() -> text(process, stream), task -> {
            Thread thread = new Thread(task, "understudy-output-of " + name());
            thread.setDaemon(true);
            thread.start();
        });
    }

    private String text(Process process, InputStream stream) {
        try (stream) {
            byte[] bytes = stream.readNBytes(BoundedOutput.LARGEST + 1);
            if (bytes.length > BoundedOutput.LARGEST) {
                process.destroyForcibly();
                throw BoundedOutput.exceeded(name() + " on this machine");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public Subscription follow(List<String> arguments, Consumer<String> line, Consumer<String> ended) {
        Process process = start(arguments, ProcessBuilder.Redirect.DISCARD);
        AtomicBoolean wanted = new AtomicBoolean(true);
        Thread reader = new Thread(
                () -> {
                    Optional<String> failure = lines(process, line);
                    int status = process.onExit().join().exitValue();
                    if (wanted.get()) {
                        ended.accept(failure.orElse(name() + " ended with status " + status));
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

    /** @return why the output was not read to its end */
    private Optional<String> lines(Process process, Consumer<String> line) {
        Lines lines = new Lines(line, () -> {
            throw new UnderstudyException(ErrorCode.IO_FAILED, Lines.tooLong(name() + " on this machine"));
        });
        try (InputStream out = process.getInputStream()) {
            out.transferTo(lines);
            return Optional.empty();
        } catch (UnderstudyException e) {
            process.destroyForcibly();
            return Optional.of(e.getMessage());
        } catch (IOException | RuntimeException | Error e) {
            process.destroyForcibly();
            return Optional.of(name() + " was terminated: " + e);
        }
    }

    /** Standard input is empty, so that the program cannot wait for input. */
    private Process start(List<String> arguments, ProcessBuilder.Redirect errors) {
        try {
            return new ProcessBuilder(
                            Stream.concat(program.stream(), arguments.stream()).toList())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectError(errors)
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
        // There is no open resource.
    }
}
