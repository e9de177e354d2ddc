// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.session.ClientSession;

/** Karaf's shell over ssh, as {@code ssh -p PORT admin@127.0.0.1 COMMAND} uses it. */
final class RemoteShell implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final SshClient client = SshClient.setUpDefaultClient();
    private final int port;
    private final String user;
    private final String password;

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
        // Karaf ends the session with its command.
        try (ClientSession session =
                client.connect(user, "127.0.0.1", port).verify(LIMIT).getSession()) {
            session.addPasswordIdentity(password);
            session.auth().verify(LIMIT);
            return run(session, command, input);
        }
    }

    private static Said run(ClientSession session, String command, String input) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ChannelExec channel = session.createExecChannel(command)) {
            channel.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
            channel.setOut(out);
            channel.setErr(out);
            channel.open().verify(LIMIT);
            if (channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), LIMIT).contains(ClientChannelEvent.TIMEOUT)) {
                throw new AssertionError(command + " did not end; so far it said: " + out);
            }
            Integer status = channel.getExitStatus();
            return new Said(out.toString(StandardCharsets.UTF_8), status == null ? 0 : status);
        }
    }

    @Override
    public void close() {
        client.stop();
    }
}
