// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ChannelShell;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.session.SessionHeartbeatController.HeartbeatType;

/** Karaf's shell over ssh, as {@code ssh -p PORT admin@127.0.0.1} uses it, with a command or without. */
final class RemoteShell implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    private final SshClient client = SshClient.setUpDefaultClient();
    private final int port;
    private final String user;
    private final String password;
    /**
     * A session without commands. If a connection opens while another one closes, the server's Java can leave it unaccepted
     * until its next event (dragonwell-project/dragonwell17, issue 228); each heartbeat is one.
     */
    private ClientSession heartbeat;

    /** What a command printed, and its exit status. */
    record Said(String text, int status) {}

    RemoteShell(int port, String user, String password) {
        this.port = port;
        this.user = user;
        this.password = password;
        client.setServerKeyVerifier((s, address, key) -> true);
        client.start();
    }

    Said run(String command) throws IOException {
        return run(command, "");
    }

    Said run(String command, String input) throws IOException {
        try (Conversation running = start(command, input)) {
            return running.end();
        }
    }

    /** Starts a command and does not wait for its end. */
    Conversation start(String command, String input) throws IOException {
        ClientSession session = login();
        ChannelExec channel = session.createExecChannel(command);
        channel.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        return new Conversation(command, session, channel);
    }

    /** The shell with its prompt, on a terminal that is wide enough for any line. */
    Conversation terminal() throws IOException {
        ClientSession session = login();
        ChannelShell channel = session.createShellChannel();
        channel.setPtyType("xterm");
        channel.setPtyColumns(250);
        channel.setPtyLines(50);
        return new Conversation("the shell", session, channel);
    }

    /** One session per command, because Karaf ends the session with the command. */
    private ClientSession login() throws IOException {
        if (heartbeat == null || !heartbeat.isOpen()) {
            heartbeat = newSession();
            heartbeat.setSessionHeartbeat(HeartbeatType.IGNORE, HEARTBEAT);
        }
        return newSession();
    }

    private ClientSession newSession() throws IOException {
        ClientSession session =
                client.connect(user, "127.0.0.1", port).verify(LIMIT).getSession();
        try {
            session.addPasswordIdentity(password);
            session.auth().verify(LIMIT);
            return session;
        } catch (IOException e) {
            session.close();
            throw e;
        }
    }

    @Override
    public void close() {
        client.stop();
    }
}
