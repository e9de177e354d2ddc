// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Subscription;
import org.understudy.concurrent.SystemScheduler;

/** A probe whose process is stopped by a signal while heartbeats arrive. */
class StoppedProbeTest {
    private static final Duration INTERVAL = Duration.ofMillis(10);

    private final AtomicLong sent = new AtomicLong();
    private Process process;
    private BufferedReader answers;
    private PrintStream questions;
    private DatagramChannel sender;
    private Subscription heartbeats = () -> {};

    @BeforeEach
    void open() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ProbeProcess.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        questions = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        sender = DatagramChannel.open()
                .connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(answers.readLine())));
        heartbeats = SystemScheduler.process().every(INTERVAL, this::send);
    }

    @AfterEach
    void close() throws IOException {
        heartbeats.close();
        sender.close();
        process.destroyForcibly();
    }

    private void send() {
        ByteBuffer packet = ByteBuffer.allocate(HeartbeatPacket.BYTES)
                .put("USHB".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 1)
                .putShort((short) 0)
                .putLong(sent.incrementAndGet())
                .putLong(System.nanoTime())
                .putInt(7);
        try {
            sender.write(packet.rewind());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String report() throws IOException {
        questions.println("report");
        return answers.readLine();
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    private void awaitSent(long packets) {
        long soFar = sent.get();
        await().until(() -> sent.get() >= soFar + packets);
    }

    @Test
    void doesNotTakeItsOwnStopForAGap() throws Exception {
        await().untilAsserted(() -> assertThat(report()).startsWith("Measured[method=heartbeat"));
        awaitSent(50);

        long before = System.nanoTime();
        signal("STOP");
        long start = System.nanoTime();
        awaitSent(250);
        long stopped = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        signal("CONT");
        awaitSent(50);
        String report = report();
        long atMost = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);

        Matcher reason = Pattern.compile(
                        "NotMeasured\\[reason=this server did not run for (\\d+) ms .* besides: (\\d+) ms .*")
                .matcher(report);
        assertThat(reason.matches()).isTrue();
        assertThat(Long.parseLong(reason.group(1))).isBetween(stopped - 200, atMost);
        assertThat(Long.parseLong(reason.group(2))).isLessThan(1000);
    }
}
