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
 * Runs a program of this machine.
 *
 * @param program a path, or a name that is looked up in PATH
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
                        ErrorCode.DEADLINE_EXCEEDED, name() + " has not ended within " + limit.toMillis() + " ms");
            }
            return new Output(process.exitValue(), out.get(), err.get());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof UnderstudyException known
                    ? known
                    : new UnderstudyException(
                            ErrorCode.IO_FAILED, "the output of " + name() + " could not be read: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, name() + " was not waited for", e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** On a thread of its own: a shared pool would be used up by programs that hang. */
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
                    Optional<String> defect = lines(process, line);
                    int status = process.onExit().join().exitValue();
                    if (wanted.get()) {
                        ended.accept(defect.orElse(name() + " ended with status " + status));
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

    /** @return why it was not read to its end */
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
            return Optional.of(name() + " was ended: " + e);
        }
    }

    /** Standard input is empty, so that the program cannot wait for a person. */
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
        // Nothing is kept open.
    }
}
