// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.itests.Built;

/** The switch between the hosts of the lab; this test replaces the hosts. */
@Timeout(60)
class WireIT {
    private static final String ENDPOINT = "525400ee0001";
    private static final String GUEST = "525400112233";
    private static final String OTHER = "525400112244";
    private static final String EVERYBODY = "ffffffffffff";

    @TempDir
    private Path folder;

    private Process wire;
    private SocketChannel first;
    private SocketChannel second;

    @BeforeEach
    void start() throws Exception {
        Path program = folder.resolve("wire");
        Process gcc = new ProcessBuilder(
                        "gcc",
                        "-std=c17",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-fsanitize=address,undefined",
                        "-fno-sanitize-recover=all",
                        "-o",
                        program.toString(),
                        Built.lab("wire.c").toString(),
                        Built.lab("endpoint.c").toString())
                .inheritIO()
                .start();
        assertThat(gcc.waitFor()).as("it compiles").isZero();
        wire = new ProcessBuilder(program.toString(), folder.toString(), "2")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        await().until(() -> Files.exists(folder.resolve("wire.control")));
        first = connect(1);
        second = connect(2);
    }

    @AfterEach
    void end() throws Exception {
        first.close();
        second.close();
        assertThat(wire.isAlive())
                .as("%s", Files.readString(folder.resolve("log")))
                .isTrue();
        wire.destroy();
        wire.waitFor();
    }

    @Test
    void framesGoWhereTheirReceiverWasSeenLast() throws IOException {
        send(first, EVERYBODY, GUEST, "88b5", "01");
        assertThat(receive(second)).isEqualTo(EVERYBODY + GUEST + "88b501");
        send(second, GUEST, OTHER, "88b5", "02");
        assertThat(receive(first)).isEqualTo(GUEST + OTHER + "88b502");
        send(second, EVERYBODY, GUEST, "88b5", "03");
        assertThat(receive(first)).endsWith("03");
        send(first, GUEST, OTHER, "88b5", "04");
        assertThat(receive(second)).as("the guest has moved").endsWith("04");
    }

    @Test
    void udpReachesTheSamePortOfThisMachine() throws IOException {
        try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            String text = HexFormat.of().formatHex("beat".getBytes(StandardCharsets.UTF_8));
            String udp = "%04x%04x%04x0000".formatted(9, server.getLocalPort(), 12) + text;
            send(first, ENDPOINT, GUEST, "0800", ip(17, udp));
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            server.receive(packet);
            assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8))
                    .isEqualTo("beat");
        }
    }

    @Test
    void pingWithoutAnswerIsLost() throws IOException {
        command("watch 10.88.0.50");
        assertThat(receive(first)).as("it asks for the MAC").startsWith(EVERYBODY + ENDPOINT + "0806");
        send(first, ENDPOINT, GUEST, "0806", "0001080006040002" + GUEST + "0a580032" + ENDPOINT + "0a580001");
        int sequence = 0;
        // The first one is not answered, and old enough to be lost when the last one comes.
        while (sequence < 40) {
            String frame = receive(first);
            if (frame.startsWith(GUEST + ENDPOINT + "0800")) {
                sequence = Integer.parseInt(frame.substring(80, 84), 16);
                if (sequence > 0) {
                    send(first, ENDPOINT, GUEST, "0800", ip(1, "00000000" + frame.substring(76, 84)));
                }
            }
        }
        command("figures");
        await().until(() -> Files.exists(folder.resolve("figures")));
        assertThat(Files.readString(folder.resolve("figures")).lines().findFirst())
                .hasValueSatisfying(pings ->
                        assertThat(pings).matches("pings sent=\\d{2,} lost=1 duplicated=0 longest_gap_ms=\\d+"));
    }

    private void command(String line) throws IOException {
        Files.writeString(folder.resolve("wire.control"), line + '\n', StandardOpenOption.WRITE);
    }

    private SocketChannel connect(int port) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(folder.resolve("wire." + port)));
        return channel;
    }

    /** A packet from the guest to the endpoint; its checksum is not verified. */
    private static String ip(int protocol, String body) {
        return "4500%04x0000000040%02x00000a5800320a580001".formatted(20 + body.length() / 2, protocol) + body;
    }

    private static void send(SocketChannel port, String to, String from, String type, String rest) throws IOException {
        byte[] frame = HexFormat.of().parseHex(to + from + type + rest);
        port.write(ByteBuffer.allocate(4 + frame.length)
                .putInt(frame.length)
                .put(frame)
                .flip());
    }

    private static String receive(SocketChannel port) throws IOException {
        byte[] frame = new byte[read(port, 4).getInt()];
        read(port, frame.length).get(frame);
        return HexFormat.of().formatHex(frame);
    }

    private static ByteBuffer read(SocketChannel port, int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(size);
        while (buffer.hasRemaining()) {
            assertThat(port.read(buffer)).as("the wire is there").isPositive();
        }
        return buffer.flip();
    }
}
