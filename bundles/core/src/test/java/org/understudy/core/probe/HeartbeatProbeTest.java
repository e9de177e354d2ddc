// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.NetworkGap;
import org.understudy.api.NetworkGap.Measured;
import org.understudy.api.NetworkGap.NotMeasured;
import org.understudy.api.NetworkGap.PathCount;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.testing.NeverStopped;

/** Real packets over the loopback device. */
class HeartbeatProbeTest {
    private static final byte PRIMARY = 1;
    private static final byte STANDBY = 2;

    private static final Scheduler SCHEDULER = new NeverStopped();
    private static final ExecutorService THREADS = SCHEDULER.pool("heartbeat-test");

    private HeartbeatProbe probe;
    private DatagramChannel sender;

    @BeforeEach
    void open() throws IOException {
        probe = new HeartbeatProbe(new ProbeTarget.Heartbeat("127.0.0.1", 0, 7), SCHEDULER, THREADS);
        sender = DatagramChannel.open().connect(probe.address());
    }

    @AfterEach
    void close() throws IOException {
        sender.close();
        probe.close();
    }

    @Test
    void isNotMeasuredWithoutAPacketAndNamesStreamAndPort() {
        assertThat(probe.report())
                .isInstanceOfSatisfying(
                        NotMeasured.class, n -> assertThat(n.reason()).contains("stream 7", "127.0.0.1"));
    }

    @Test
    void measuresPacketsOnBothPaths() throws IOException {
        long before = System.nanoTime();
        for (int i = 1; i <= 20; i++) {
            send(i, i <= 10 ? PRIMARY : STANDBY, 7);
        }

        Measured measured = awaitReceived(20);

        assertThat(measured.method()).isEqualTo("heartbeat");
        assertThat(measured.interval()).isEqualTo(Duration.ofMillis(10));
        assertThat(measured.lost()).isZero();
        assertThat(measured.paths())
                .extracting(PathCount::path, PathCount::received)
                .containsExactly(tuple("primary", 10L), tuple("standby", 10L));
        assertThat(probe.firstOn("standby", before))
                .hasValueSatisfying(t -> assertThat(t).isBetween(before, System.nanoTime()));
        assertThat(probe.firstOn("standby", System.nanoTime())).isEmpty();
    }

    @Test
    void ignoresForeignAndMalformedPackets() throws IOException {
        send(1, PRIMARY, 8);
        sender.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
        sender.write(ByteBuffer.allocate(64));
        sender.write(ByteBuffer.allocate(1400));
        sender.write(packet(1, PRIMARY, 7).put(4, (byte) 2));
        sender.write(packet(-5, PRIMARY, 7));

        Awaitility.await()
                .untilAsserted(() -> assertThat(probe.report())
                        .isInstanceOfSatisfying(
                                NotMeasured.class, n -> assertThat(n.reason()).endsWith("other packets: 6")));
        send(1, PRIMARY, 7);
        assertThat(awaitReceived(1).received()).isEqualTo(1);
    }

    @Test
    void measuresAGapOfKnownLength() throws IOException {
        long start = System.nanoTime();
        send(1, PRIMARY, 7);
        awaitReceived(1);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
        send(2, STANDBY, 7);
        Measured measured = awaitReceived(2);
        Duration atMost = Duration.ofNanos(System.nanoTime() - start).plusMillis(50);

        assertThat(measured.longestGap()).isBetween(Duration.ofMillis(299), atMost);
    }

    /** The second guest is 42 packets behind; 53 million ahead; booted at the same time. */
    @ParameterizedTest
    @ValueSource(longs = {-42, 53_000_000, 0, 1, 12_000})
    void twoGuestsOnOneStreamAreAFindingAndNoLoss(long offset) throws IOException {
        try (DatagramChannel second = DatagramChannel.open().connect(probe.address())) {
            for (int i = 100; i < 130; i++) {
                send(i, PRIMARY, 7);
                second.write(packet(i + offset, PRIMARY, 7));
            }
            Awaitility.await().until(() -> !probe.findings().isEmpty());

            String[] both = {address(sender), address(second)};
            assertThat(probe.findings()).singleElement().satisfies(f -> {
                assertThat(f.code()).isEqualTo(FindingCode.PROBE_AMBIGUOUS);
                assertThat(f.message()).contains("stream 7").contains(both);
            });
            probe.close();
            assertThat(probe.report())
                    .isInstanceOfSatisfying(
                            NotMeasured.class, n -> assertThat(n.reason()).contains(both));
            assertThat(probe.firstOn("primary", Long.MIN_VALUE / 2)).isEmpty();
        }
    }

    @Test
    void twoGuestsWithOneAddressAreAFinding() throws IOException {
        for (int i = 0; i < 20; i++) {
            send(100 + i, PRIMARY, 7);
            send(90_000 + i, PRIMARY, 7);
        }

        Awaitility.await().until(() -> !probe.findings().isEmpty());

        assertThat(probe.findings().get(0).message()).contains("several senders with the address " + address(sender));
        assertThat(probe.report()).isInstanceOf(NotMeasured.class);
    }

    private static String address(DatagramChannel channel) throws IOException {
        return "127.0.0.1:" + ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }

    @Test
    void guestThatChangesItsAddressIsOneSender() throws IOException {
        try (DatagramChannel moved = DatagramChannel.open().connect(probe.address())) {
            for (int i = 1; i <= 50; i++) {
                send(i, PRIMARY, 7);
            }
            for (int late = 51; late <= 53; late++) {
                moved.write(packet(late + 3, STANDBY, 7));
                send(late, PRIMARY, 7);
            }
            for (int i = 57; i <= 100; i++) {
                moved.write(packet(i, STANDBY, 7));
            }

            assertThat(awaitReceived(100).lost()).isZero();
            assertThat(probe.findings()).isEmpty();
        }
    }

    @Test
    void guestThatIsResetAndChangesItsAddressIsOneSender() throws IOException {
        try (DatagramChannel again = DatagramChannel.open().connect(probe.address())) {
            for (int i = 5000; i < 5020; i++) {
                send(i, PRIMARY, 7);
            }
            for (int i = 1; i <= 20; i++) {
                again.write(packet(i, STANDBY, 7));
            }

            assertThat(awaitReceived(40).lost()).isZero();
            assertThat(probe.findings()).isEmpty();
        }
    }

    @Test
    void startsANewRunWhenTheGuestWasReset() throws IOException {
        for (int i = 5000; i < 5010; i++) {
            send(i, PRIMARY, 7);
        }
        for (int i = 1; i <= 10; i++) {
            send(i, STANDBY, 7);
        }

        Measured measured = awaitReceived(20);

        assertThat(measured.sent()).isEqualTo(20);
        assertThat(measured.lost()).isZero();
        assertThat(measured.duplicated()).isZero();
    }

    @Test
    void keepsItsLastAnswerAndFreesThePortWhenClosed() throws IOException {
        send(1, PRIMARY, 7);
        awaitReceived(1);
        InetSocketAddress address = probe.address();
        probe.close();
        probe.close();
        NetworkGap answer = probe.report();

        new HeartbeatProbe(new ProbeTarget.Heartbeat("127.0.0.1", address.getPort(), 7), SCHEDULER, THREADS).close();

        assertThat(probe.report()).isSameAs(answer);
    }

    @Test
    void reportsThatThePortIsInUse() throws IOException {
        int port = probe.address().getPort();

        assertThatThrownBy(
                        () -> new HeartbeatProbe(new ProbeTarget.Heartbeat("127.0.0.1", port, 7), SCHEDULER, THREADS))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED))
                .hasMessageContaining("127.0.0.1:" + port);
        assertThatThrownBy(() ->
                        new HeartbeatProbe(new ProbeTarget.Heartbeat("no.such.host.invalid", 0, 7), SCHEDULER, THREADS))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED));
    }

    @Test
    void freesThePortIfNoThreadIsAvailable() throws IOException {
        ProbeTarget.Heartbeat target =
                new ProbeTarget.Heartbeat("127.0.0.1", probe.address().getPort(), 7);
        probe.close();

        assertThatThrownBy(() -> new HeartbeatProbe(target, SCHEDULER, task -> {
                    throw new RejectedExecutionException("full");
                }))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED));

        new HeartbeatProbe(target, SCHEDULER, THREADS).close();
    }

    @Test
    void keepsUpWithTenThousandPacketsASecond() throws IOException {
        long start = System.nanoTime();
        for (int i = 1; i <= 10_000; i++) {
            send(i, PRIMARY, 7);
            while (System.nanoTime() < start + i * 100_000L) {
                Thread.onSpinWait();
            }
        }

        Measured measured = awaitReceived(9_990);

        assertThat(measured.received() + measured.lost()).isEqualTo(measured.sent());
    }

    private Measured awaitReceived(long received) {
        return (Measured) Awaitility.await()
                .until(probe::report, report -> report instanceof Measured measured && measured.received() >= received);
    }

    private void send(long sequence, byte path, int stream) throws IOException {
        sender.write(packet(sequence, path, stream));
    }

    private static ByteBuffer packet(long sequence, byte path, int stream) {
        return ByteBuffer.allocate(64)
                .put("USHB".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put(path)
                .putShort((short) 0)
                .putLong(sequence)
                .putLong(sequence * 10_000_000)
                .putInt(stream)
                .put(new byte[36])
                .flip();
    }
}
