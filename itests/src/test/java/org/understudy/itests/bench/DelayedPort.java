// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * A port of this machine that is far away: passes on to another port what arrives after half of a round trip, in both
 * directions. Many kernels cannot delay packets.
 *
 * <p>{@code DelayedPort PORT TARGET MILLISECONDS}: the ports, and the time of a round trip.
 */
final class DelayedPort {
    private static final int BUFFER = 65_536;

    private final InetSocketAddress target;
    private final long delayNanos;
    private final Selector selector = Selector.open();
    /** In the order of the times when they are due. */
    private final Queue<Late> late = new ArrayDeque<>();

    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);

    /** @param data empty for the end of the connection */
    private record Late(long due, SocketChannel to, ByteBuffer data) {}

    private DelayedPort(int port, int target, long delayNanos) throws IOException {
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), target);
        this.delayNanos = delayNanos;
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 4096);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
    }

    public static void main(String[] arguments) throws IOException {
        long roundTrip = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(arguments[2]));
        new DelayedPort(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]), roundTrip / 2).run();
    }

    private void run() throws IOException {
        while (true) {
            long wait = late.isEmpty() ? Long.MAX_VALUE : late.element().due() - System.nanoTime();
            if (late.isEmpty()) {
                selector.select(this::ready);
            } else if (wait > 0) {
                // A timeout of 0 would mean without limit.
                selector.select(this::ready, Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait)));
            } else {
                pass(late.remove());
                selector.selectNow(this::ready);
            }
        }
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept(((ServerSocketChannel) key.channel()).accept());
            } else {
                read(key);
            }
        } catch (IOException e) {
            end(key);
        }
    }

    private void accept(SocketChannel near) throws IOException {
        SocketChannel far = SocketChannel.open(target);
        prepare(near, far);
        prepare(far, near);
    }

    private void prepare(SocketChannel from, SocketChannel to) throws IOException {
        from.setOption(StandardSocketOptions.TCP_NODELAY, true);
        from.configureBlocking(false);
        from.register(selector, SelectionKey.OP_READ, to);
    }

    private void read(SelectionKey key) throws IOException {
        buffer.clear();
        if (((SocketChannel) key.channel()).read(buffer) < 0) {
            end(key);
            return;
        }
        buffer.flip();
        ByteBuffer data = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
        late.add(new Late(System.nanoTime() + delayNanos, (SocketChannel) key.attachment(), data));
    }

    private void end(SelectionKey key) {
        key.cancel();
        late.add(new Late(System.nanoTime() + delayNanos, (SocketChannel) key.attachment(), ByteBuffer.allocate(0)));
    }

    private static void pass(Late due) {
        try {
            if (due.data().hasRemaining()) {
                while (due.data().hasRemaining()) {
                    due.to().write(due.data());
                }
            } else {
                due.to().close();
            }
        } catch (IOException e) {
            // The other end has closed it.
        }
    }
}
