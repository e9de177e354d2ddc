// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

/** Runs a program on another machine over one ssh connection, which is opened on demand and kept. */
public final class SshRunner implements Runner {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    /** Limit for connecting and authenticating. */
    private static final Duration LONGEST_ATTEMPT = CONNECT.multipliedBy(2);

    private final SshTarget target;
    private final List<String> program;
    private final Connection connection;

    public SshRunner(SshConnector connector, SshTarget target, List<String> program) {
        this(target, program, new Connection(connector, target));
    }

    private SshRunner(SshTarget target, List<String> program, Connection connection) {
        this.target = target;
        this.program = program;
        this.connection = connection;
    }

    /** Returns a runner of another program over the same connection; closing either closes both. */
    public SshRunner running(List<String> other) {
        return new SshRunner(target, other, connection);
    }

    @Override
    public String place() {
        return "ssh " + target.user() + "@" + target.address();
    }

    @Override
    public Output run(List<String> arguments, Duration limit) {
        CompletableFuture<Void> exceeded = new CompletableFuture<>();
        BoundedOutput out = new BoundedOutput(BoundedOutput.LARGEST, () -> exceeded.complete(null));
        BoundedOutput err = new BoundedOutput(BoundedOutput.LARGEST, () -> exceeded.complete(null));
        try (ChannelExec channel = open(arguments, out, err)) {
            exceeded.thenRun(() -> channel.close(true));
            Set<ClientChannelEvent> events = channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), limit);
            if (exceeded.isDone()) {
                throw BoundedOutput.exceeded(name() + " on " + place());
            }
            if (events.contains(ClientChannelEvent.TIMEOUT)) {
                throw new UnderstudyException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        name() + " on " + place() + " did not end within " + limit.toMillis() + " ms");
            }
            return new Output(status(channel), out.text(), err.text());
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private String name() {
        return String.join(" ", program);
    }

    private int status(ChannelExec channel) {
        return Optional.ofNullable(channel.getExitStatus())
                .orElseThrow(() ->
                        new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Connection " + place() + " was lost"));
    }

    @Override
    public Subscription follow(List<String> arguments, Consumer<String> line, Consumer<String> ended) {
        AtomicBoolean wanted = new AtomicBoolean(true);
        CompletableFuture<Void> tooLong = new CompletableFuture<>();
        try {
            Lines lines = new Lines(line, () -> tooLong.complete(null));
            ChannelExec channel = open(arguments, lines, OutputStream.nullOutputStream());
            channel.addCloseFutureListener(closed -> {
                if (wanted.get()) {
                    ended.accept(
                            tooLong.isDone()
                                    ? Lines.tooLong(name() + " on " + place())
                                    : "program on " + place() + " ended");
                }
            });
            tooLong.thenRun(() -> channel.close(true));
            return () -> {
                wanted.set(false);
                channel.close(true);
            };
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private ChannelExec open(List<String> arguments, OutputStream out, OutputStream err) throws IOException {
        String command = Stream.concat(program.stream(), arguments.stream())
                .map(SshRunner::quoted)
                .collect(Collectors.joining(" "));
        ChannelExec channel = connection.connected().createExecChannel(command);
        channel.setOut(out);
        channel.setErr(err);
        channel.open().verify(CONNECT);
        return channel;
    }

    private UnderstudyException unavailable(IOException e) {
        return new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "Connection " + place() + " failed: " + e.getMessage(), e);
    }

    /** Quotes a word for the other machine's shell. */
    static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    @Override
    public void close() {
        connection.close();
    }

    /** The connection, opened on demand. */
    private static final class Connection {
        private final SshConnector connector;
        private final SshTarget target;
        /** The latest attempt to connect, which may be in progress. */
        private CompletableFuture<ClientSession> session =
                CompletableFuture.failedFuture(new IOException("not connected yet"));

        private boolean closed;

        Connection(SshConnector connector, SshTarget target) {
            this.connector = connector;
            this.target = target;
        }

        /** One caller connects and all others wait; none holds a lock, so that {@link #close} ends the wait. */
        ClientSession connected() throws IOException {
            CompletableFuture<ClientSession> own = new CompletableFuture<>();
            CompletableFuture<ClientSession> used = currentOr(own);
            if (used == own) {
                connect(own);
            }
            try {
                return used.get(LONGEST_ATTEMPT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            } catch (TimeoutException e) {
                throw new IOException("not connected within " + LONGEST_ATTEMPT.toSeconds() + " s", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("wait for the connection was interrupted");
            }
        }

        private synchronized CompletableFuture<ClientSession> currentOr(CompletableFuture<ClientSession> fresh)
                throws IOException {
            if (closed) {
                throw new IOException("the connection is closed");
            }
            boolean usable = !session.isDone()
                    || !session.isCompletedExceptionally() && session.join().isOpen();
            if (!usable) {
                session = fresh;
            }
            return session;
        }

        private void connect(CompletableFuture<ClientSession> attempt) {
            try {
                ConnectFuture connecting = connector.connect(target);
                attempt.whenComplete((opened, failure) -> {
                    if (failure != null) {
                        connecting.cancel();
                    }
                });
                authenticate(connecting.verify(CONNECT).getSession(), attempt);
            } catch (IOException | RuntimeException | Error e) {
                attempt.completeExceptionally(e);
            }
        }

        private void authenticate(ClientSession fresh, CompletableFuture<ClientSession> attempt) throws IOException {
            attempt.whenComplete((opened, failure) -> {
                if (failure != null) {
                    fresh.close(true);
                }
            });
            fresh.setKeyIdentityProvider(new FileKeyPairProvider(target.key()));
            fresh.auth().verify(CONNECT);
            attempt.complete(fresh);
        }

        /** Ends an attempt to connect, too. */
        void close() {
            CompletableFuture<ClientSession> last;
            synchronized (this) {
                closed = true;
                last = session;
            }
            last.completeExceptionally(new IOException("the connection is closed"));
            last.thenAccept(open -> open.close(true));
        }
    }
}
