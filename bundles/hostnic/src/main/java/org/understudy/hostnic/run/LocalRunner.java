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
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
 * @param readers threads, of which a program that runs occupies two, and one that is followed occupies one
 */
public record LocalRunner(List<String> program, Executor readers) implements Runner {
    @Override
    public String place() {
        return "command";
    }

    @Override
    public Output run(List<String> arguments, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        Process process = start(arguments, ProcessBuilder.Redirect.PIPE);
        try {
            CompletableFuture<String> out = read(process, process.getInputStream());
            CompletableFuture<String> err = read(process, process.getErrorStream());
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
            // A child of the program may keep the output open.
            CompletableFuture.allOf(out, err).get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            return new Output(process.exitValue(), out.join(), err.join());
        } catch (TimeoutException e) {
            throw new UnderstudyException(
                    ErrorCode.DEADLINE_EXCEEDED, name() + " did not end within " + limit.toMillis() + " ms", e);
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

    private CompletableFuture<String> read(Process process, InputStream stream) {
        CompletableFuture<String> text = new CompletableFuture<>();
        onReader(() -> {
            try {
                text.complete(text(process, stream));
            } catch (RuntimeException | Error e) {
                text.completeExceptionally(e);
            }
        });
        return text;
    }

    private void onReader(Runnable task) {
        try {
            readers.execute(task);
        } catch (RejectedExecutionException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE, name() + " cannot be run: no thread is available", e);
        }
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
        try {
            onReader(() -> {
                Optional<String> failure = lines(process, line);
                int status = process.onExit().join().exitValue();
                if (wanted.get()) {
                    ended.accept(failure.orElse(name() + " ended with status " + status));
                }
            });
        } catch (UnderstudyException e) {
            process.destroyForcibly();
            throw e;
        }
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
