// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.keyverifier.KnownHostsServerKeyVerifier;
import org.apache.sshd.client.keyverifier.RejectAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;
import org.apache.sshd.core.CoreModuleProperties;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

/** Runs a program of another machine over one ssh connection, which is made when needed and kept. */
public final class SshRunner implements Runner {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration KEEPALIVE = Duration.ofSeconds(5);
    private static final int KEEPALIVES_MISSED = 3;

    /**
     * Where and as whom.
     *
     * @param key private key without passphrase
     * @param knownHosts in the form of OpenSSH; a host that is not in it is refused
     */
    public record Target(String address, int port, String user, Path key, Path knownHosts) {}

    private final Target target;
    private final List<String> program;
    private final Connection connection;

    public SshRunner(Target target, List<String> program) {
        this(target, program, new Connection(target));
    }

    private SshRunner(Target target, List<String> program, Connection connection) {
        this.target = target;
        this.program = program;
        this.connection = connection;
    }

    /** Runs another program there, over the same connection: closing one of the two closes both. */
    public SshRunner running(List<String> other) {
        return new SshRunner(target, other, connection);
    }

    @Override
    public String place() {
        return "ssh " + target.user() + "@" + target.address();
    }

    @Override
    public Output run(List<String> arguments, Duration limit) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (ChannelExec channel = open(arguments, out, err)) {
            Set<ClientChannelEvent> events = channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), limit);
            if (events.contains(ClientChannelEvent.TIMEOUT)) {
                throw new UnderstudyException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        program + " on " + place() + " has not ended within " + limit.toMillis() + " ms");
            }
            return new Output(status(channel), text(out), text(err));
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private int status(ChannelExec channel) {
        return Optional.ofNullable(channel.getExitStatus())
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HOST_UNAVAILABLE, "The connection " + place() + " broke off"));
    }

    @Override
    public Subscription follow(List<String> arguments, Consumer<String> line, Consumer<String> ended) {
        AtomicBoolean wanted = new AtomicBoolean(true);
        try {
            ChannelExec channel = open(arguments, new Lines(line), OutputStream.nullOutputStream());
            channel.addCloseFutureListener(closed -> {
                if (wanted.get()) {
                    ended.accept("the program on " + place() + " ended");
                }
            });
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
                ErrorCode.HOST_UNAVAILABLE, "No answer by " + place() + ": " + e.getMessage(), e);
    }

    /** A word for the other machine's shell. */
    static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        connection.close();
    }

    /** The connection, which is made when it is needed. */
    private static final class Connection {
        private final Target target;
        private final SshClient client = SshClient.setUpDefaultClient();
        private Optional<ClientSession> session = Optional.empty();

        Connection(Target target) {
            this.target = target;
            // What stands in a home folder of this machine is no configuration of Understudy.
            client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
            client.setServerKeyVerifier(
                    new KnownHostsServerKeyVerifier(RejectAllServerKeyVerifier.INSTANCE, target.knownHosts()));
            client.setKeyIdentityProvider(new FileKeyPairProvider(target.key()));
            CoreModuleProperties.HEARTBEAT_INTERVAL.set(client, KEEPALIVE);
            CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(client, KEEPALIVES_MISSED);
            client.start();
        }

        synchronized ClientSession connected() throws IOException {
            if (session.filter(ClientSession::isOpen).isEmpty()) {
                ClientSession fresh = client.connect(target.user(), target.address(), target.port())
                        .verify(CONNECT)
                        .getSession();
                try {
                    fresh.auth().verify(CONNECT);
                } catch (IOException e) {
                    fresh.close(true);
                    throw e;
                }
                session = Optional.of(fresh);
            }
            return session.get();
        }

        synchronized void close() {
            client.stop();
        }
    }

    /** Cuts a stream into lines. */
    private static final class Lines extends OutputStream {
        private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
        private final Consumer<String> line;

        Lines(Consumer<String> line) {
            this.line = line;
        }

        @Override
        public void write(int b) {
            if (b == '\n') {
                line.accept(text(begun));
                begun.reset();
            } else {
                begun.write(b);
            }
        }
    }
}
