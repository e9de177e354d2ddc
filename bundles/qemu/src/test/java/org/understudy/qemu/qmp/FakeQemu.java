// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A QMP server for one client, with scripted behaviour. */
final class FakeQemu implements AutoCloseable {
    static final String GREETING =
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": \"\"},"
                    + " \"capabilities\": [\"oob\"]}}\r\n";

    private static final long END_LIMIT_MS = 10_000;

    private final ServerSocketChannel server;
    private final Thread thread;

    /** The behaviour of the server; the connection is closed when it returns. */
    interface Script {
        void run(Peer peer) throws IOException, InterruptedException;
    }

    FakeQemu(Path socket, Script script) {
        try {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new Thread(() -> serve(script), "fake-qemu");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Script script) {
        try (SocketChannel channel = server.accept()) {
            script.run(new Peer(channel));
        } catch (IOException | InterruptedException e) {
            // The client disconnected, or the test has ended.
        }
    }

    /** Until its thread has ended, the system accepts connections. */
    @Override
    public void close() {
        try {
            thread.interrupt();
            server.close();
            thread.join(END_LIMIT_MS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The server's end of the connection. */
    static final class Peer {
        private static final ObjectMapper JSON = new ObjectMapper();
        private final SocketChannel channel;
        private final BufferedReader lines;

        Peer(SocketChannel channel) {
            this.channel = channel;
            this.lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        }

        /** Greets and answers {@code qmp_capabilities}. */
        Peer handshake() throws IOException {
            send(GREETING);
            answer(next(), "{}");
            return this;
        }

        /** The next command. */
        JsonNode next() throws IOException {
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("Client closed the connection");
            }
            return JSON.readTree(line);
        }

        void answer(JsonNode command, String result) throws IOException {
            send("{\"return\": %s, \"id\": %s}\r\n".formatted(result, command.get("id")));
        }

        void send(String text) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        /** Keeps the connection open until the test ends. */
        void hang() throws InterruptedException {
            Thread.sleep(Long.MAX_VALUE);
        }
    }
}
