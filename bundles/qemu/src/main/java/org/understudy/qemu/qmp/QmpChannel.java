// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket of a {@link QmpClient}: one thread reads, any thread writes, and a write ends at its deadline.
 *
 * <p>The channel is non-blocking: a blocking write to a hung QEMU could only be aborted by closing the socket, and an
 * interrupt of the caller would close it as well.
 */
final class QmpChannel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QmpChannel.class);
    private static final Duration RETRY = Duration.ofMillis(10);

    private final SocketChannel channel;
    private final Selector readable;
    private final Selector writable;
    private final ReentrantLock writing = new ReentrantLock();

    private QmpChannel(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        readable = Selector.open();
        writable = Selector.open();
        channel.register(readable, SelectionKey.OP_READ);
        channel.register(writable, SelectionKey.OP_WRITE);
    }

    /**
     * Connects, with retries until a server accepts or the deadline passes.
     *
     * @throws IOException the last failure, once the deadline has passed
     * @throws InterruptedException if the calling thread is interrupted
     */
    static QmpChannel connect(Path socket, QmpDeadline deadline) throws IOException, InterruptedException {
        while (true) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                // Non-blocking, so that a full queue of a hung server is a failure and not an endless wait.
                channel.configureBlocking(false);
                channel.connect(UnixDomainSocketAddress.of(socket));
                return new QmpChannel(channel);
            } catch (IOException e) {
                channel.close();
                if (deadline.hasPassed()) {
                    throw e;
                }
                TimeUnit.NANOSECONDS.sleep(Math.min(RETRY.toNanos(), deadline.remainingNanos()));
            }
        }
    }

    /** The bytes from the peer; a read blocks until data arrives. For use by one thread. */
    InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                ByteBuffer buffer = ByteBuffer.wrap(target, offset, length);
                while (true) {
                    int n = channel.read(buffer);
                    if (n != 0 || length == 0) {
                        return n;
                    }
                    await(readable, 0);
                }
            }
        };
    }

    /**
     * Sends one complete message.
     *
     * @return false if the deadline passed, or the thread was interrupted, before the first byte was sent
     * @throws IOException if the socket is closed, or the message was sent only in part, so that no other can follow
     */
    boolean write(byte[] message, QmpDeadline deadline) throws IOException {
        if (!acquire(deadline)) {
            return false;
        }
        try {
            ByteBuffer buffer = ByteBuffer.wrap(message);
            channel.write(buffer);
            while (buffer.hasRemaining()) {
                if (deadline.hasPassed() || Thread.currentThread().isInterrupted()) {
                    return abortWrite(buffer);
                }
                await(writable, deadline.remainingMillis());
                channel.write(buffer);
            }
            return true;
        } finally {
            writing.unlock();
        }
    }

    private boolean acquire(QmpDeadline deadline) {
        try {
            return writing.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean abortWrite(ByteBuffer buffer) throws IOException {
        if (buffer.position() > 0) {
            throw new IOException("Command was sent only in part before its deadline");
        }
        return false;
    }

    private static void await(Selector selector, long millis) throws IOException {
        try {
            selector.select(millis);
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException e) {
            throw new ClosedChannelException();
        }
    }

    /** Closes the channel and wakes the reader and all writers. */
    @Override
    public void close() {
        closeQuietly(channel);
        closeQuietly(readable);
        closeQuietly(writable);
    }

    private static void closeQuietly(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            // The socket is discarded in any case.
            LOG.debug("QMP socket: close failed", e);
        }
    }
}
