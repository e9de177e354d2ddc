// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A proxy in front of a daemon's Unix socket, whose connections can be cut. */
public final class Cable implements AutoCloseable {
    private final Path far;
    private final ServerSocketChannel near;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private volatile boolean dropping;

    public Cable(Path near, Path far) throws IOException {
        this.far = far;
        this.near = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(near));
        run(this::accept);
    }

    private interface Io {
        void run() throws IOException;
    }

    private static void run(Io work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // The test has cut the connection.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (near.isOpen()) {
            SocketChannel client = near.accept();
            run(() -> connect(client));
        }
    }

    /** In a thread of its own, so that a daemon that refuses one connection is reached by the next one. */
    private void connect(SocketChannel client) throws IOException {
        try (client;
                SocketChannel daemon = SocketChannel.open(UnixDomainSocketAddress.of(far))) {
            open.add(client);
            open.add(daemon);
            run(() -> pump(client, daemon));
            pump(daemon, client);
        }
    }

    private void pump(SocketChannel from, SocketChannel to) throws IOException {
        try (from;
                to) {
            ByteBuffer buffer = ByteBuffer.allocate(65536);
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (!dropping && buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    /** Closes every connection. */
    public void cut() throws IOException {
        for (SocketChannel channel : open) {
            channel.close();
        }
    }

    /** Drops all data from now on, as a dead network does. */
    void drop(boolean dropping) {
        this.dropping = dropping;
    }

    @Override
    public void close() throws IOException {
        near.close();
        cut();
    }
}
