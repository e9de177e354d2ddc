// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;

/** Receives the heartbeats of a guest. Occupies a thread, because arrival times must not depend on other work. */
final class HeartbeatProbe implements GapProbe {
    private static final Logger LOG = LoggerFactory.getLogger(HeartbeatProbe.class);

    /** Space for the packets that arrive during a pause of this JVM; the kernel may allocate less. */
    private static final int BUFFER_BYTES = 4 << 20;

    private static final Duration RECEIVER_STOP_LIMIT = Duration.ofSeconds(2);

    private final ProbeTarget.Heartbeat target;
    private final DatagramChannel channel;
    private final CompletableFuture<Void> received = new CompletableFuture<>();
    private final GapMeter meter;
    private final SenderClock clock = new SenderClock();
    private final Senders senders = new Senders();
    private long ignored;
    private Optional<NetworkGap> last = Optional.empty();

    HeartbeatProbe(ProbeTarget.Heartbeat target, Scheduler scheduler, Executor threads) {
        this.target = target;
        this.meter = new GapMeter("heartbeat", scheduler);
        this.channel = listen(target);
        try {
            threads.execute(this::receive);
        } catch (RejectedExecutionException e) {
            end();
            throw new UnderstudyException(
                    ErrorCode.IO_FAILED, "Cannot listen for heartbeats: no thread is available", e);
        }
    }

    private static DatagramChannel listen(ProbeTarget.Heartbeat target) {
        InetSocketAddress address = new InetSocketAddress(target.address(), target.port());
        try {
            DatagramChannel opened = DatagramChannel.open();
            try {
                return opened.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES)
                        .bind(address);
            } catch (IOException | UnresolvedAddressException e) {
                opened.close();
                throw e;
            }
        } catch (IOException | UnresolvedAddressException e) {
            throw new UnderstudyException(
                    ErrorCode.IO_FAILED,
                    "Cannot listen for heartbeats on UDP %s:%d: %s".formatted(target.address(), target.port(), e),
                    e);
        }
    }

    /** {@return the bound address; with port 0 in the target, the port that the kernel chose} */
    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    private void receive() {
        ByteBuffer packet = ByteBuffer.allocateDirect(HeartbeatPacket.BYTES + 1);
        try {
            while (true) {
                SocketAddress from = channel.receive(packet.clear());
                count(HeartbeatPacket.parse(packet.flip()), from);
            }
        } catch (ClosedChannelException e) {
            LOG.debug("Heartbeat stream {}: probe closed", target.stream());
        } catch (IOException e) {
            LOG.error("Heartbeat stream {}: receive failed, probe ends", target.stream(), e);
            end();
        } finally {
            received.complete(null);
        }
    }

    private synchronized void count(Optional<HeartbeatPacket> packet, SocketAddress from) {
        Optional<HeartbeatPacket> ours = packet.filter(p -> p.stream() == target.stream() && p.sequence() >= 0);
        if (ours.isEmpty()) {
            ignored++;
            return;
        }
        HeartbeatPacket beat = ours.get();
        boolean restarted = clock.tick(beat.sequence(), beat.senderNanos());
        senders.arrived(from, beat.sequence(), restarted);
        if (restarted) {
            meter.startRun(beat.sequence());
        }
        meter.arrived(beat.sequence(), beat.path(), clock.step());
    }

    @Override
    public synchronized NetworkGap report() {
        return last.orElseGet(
                () -> conflict().<NetworkGap>map(NetworkGap.NotMeasured::new).orElseGet(this::measured));
    }

    /** The numbers of two guests are not one sequence: what is missing in it was not lost. */
    private synchronized Optional<String> conflict() {
        return senders.several()
                .map(who -> "Heartbeat stream %d on UDP %s:%d has %s"
                        .formatted(target.stream(), target.address(), target.port(), who));
    }

    @Override
    public List<Finding> findings() {
        return conflict().stream()
                .map(
                        conflict -> Finding.of(
                                FindingCode.PROBE_AMBIGUOUS,
                                "heartbeat stream " + target.stream(),
                                conflict + "; the network gap is unknown",
                                "Give each guest a stream number of its own, in its sender and in probes of etc/understudy.yaml."))
                .toList();
    }

    private NetworkGap measured() {
        return meter.report(clock.interval())
                .orElseGet(
                        () -> new NetworkGap.NotMeasured("no heartbeat of stream %d arrived on %s:%d; other packets: %d"
                                .formatted(target.stream(), target.address(), target.port(), ignored)));
    }

    @Override
    public synchronized Optional<Traffic> traffic() {
        return conflict().isPresent() ? Optional.empty() : meter.traffic(clock.interval());
    }

    @Override
    public Optional<Long> firstOn(String path, long after) {
        return conflict().isPresent() ? Optional.empty() : meter.firstOn(path, after);
    }

    private void end() {
        synchronized (this) {
            last = Optional.of(report());
        }
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("Heartbeat stream {}: closing the socket failed", target.stream(), e);
        }
    }

    /** Waits for the receiver: the kernel frees the port only when that no longer uses the socket. */
    @Override
    public void close() {
        end();
        try {
            received.get(RECEIVER_STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("Heartbeat stream {}: receiver has not ended", target.stream(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
