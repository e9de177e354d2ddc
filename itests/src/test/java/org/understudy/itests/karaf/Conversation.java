// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import org.apache.sshd.client.channel.ClientChannel;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.session.ClientSession;
import org.awaitility.core.ConditionTimeoutException;
import org.understudy.itests.karaf.RemoteShell.Said;

/** One open channel to Karaf's shell, whose output so far can be read at any time. */
final class Conversation implements AutoCloseable {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    private final String name;
    private final ClientSession session;
    private final ClientChannel channel;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Conversation(String name, ClientSession session, ClientChannel channel) throws IOException {
        this.name = name;
        this.session = session;
        this.channel = channel;
        channel.setOut(out);
        channel.setErr(out);
        channel.open().verify(RemoteShell.LIMIT);
    }

    /** The output so far, without colours and cursor movements. */
    String text() {
        return out.toString(StandardCharsets.UTF_8).replaceAll("\u001B\\[[0-9;?]*[A-Za-z]", "");
    }

    void awaitText(String expected) {
        try {
            await().atMost(RemoteShell.LIMIT).pollInterval(LOOK_AGAIN).until(() -> text().contains(expected));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("'" + expected + "' was not said; so far: " + text(), e);
        }
    }

    /** Discards the output so far. */
    void forget() {
        out.reset();
    }

    /** Types on the keyboard of a terminal. */
    void type(String keys) throws IOException {
        channel.getInvertedIn().write(keys.getBytes(StandardCharsets.UTF_8));
        channel.getInvertedIn().flush();
    }

    /** Waits for the end of a command. */
    Said end() {
        if (channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), RemoteShell.LIMIT)
                .contains(ClientChannelEvent.TIMEOUT)) {
            throw new AssertionError(name + " did not end; so far it said: " + text());
        }
        Integer status = channel.getExitStatus();
        return new Said(text(), status == null ? 0 : status);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        session.close();
    }
}
