// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections and reads one line from each, all on one thread: an idle connection occupies no worker, and is closed
 * after a timeout.
 */
final class HookRequestReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HookRequestReader.class);
    private static final int BUFFER_SIZE = 64 << 10;

    /**
     * Limits and delays.
     *
     * @param requestTimeout time for a connection to send its line
     * @param connections number of connections without a complete line; one more closes the oldest
     * @param firstRetry delay after a failed accept; doubles with each failure
     * @param longestRetry upper bound of the delay
     */
    record Limits(Duration requestTimeout, int connections, Duration firstRetry, Duration longestRetry) {
        /** A hook sends its request at once, and waits 3 s for the response. */
        static final Limits DEFAULT =
                new Limits(Duration.ofSeconds(2), 256, Duration.ofMillis(100), Duration.ofSeconds(5));
    }

    /** Accepts a connection; empty if the client has disconnected. */
    @FunctionalInterface
    interface Acceptor {
        Optional<SocketChannel> accept(ServerSocketChannel listener) throws IOException;
    }

    /** A connection whose line is incomplete. */
    private record PendingConnection(SelectionKey key, ByteArrayOutputStream line, long deadline) {
        SocketChannel connection() {
            return (SocketChannel) key.channel();
        }
    }

    private record CompleteRequest(SocketChannel connection, String line) {}

    private final ServerSocketChannel listener;
    private final Limits limits;
    private final Acceptor acceptor;
    private final BiConsumer<SocketChannel, String> requests;
    private final Selector selector = Selector.open();
    private final SelectionKey acceptKey;
    /** Oldest first. */
    private final Map<SelectionKey, PendingConnection> pending = new LinkedHashMap<>();

    private final List<CompleteRequest> complete = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_SIZE);
    private int failures;
    private long acceptRetryAt;

    /** @param requests receives each connection, as a blocking channel, and its line; must return at once */
    HookRequestReader(
            ServerSocketChannel listener, Limits limits, Acceptor acceptor, BiConsumer<SocketChannel, String> requests)
            throws IOException {
        this.listener = listener;
        this.limits = limits;
        this.acceptor = acceptor;
        this.requests = requests;
        listener.configureBlocking(false);
        acceptKey = listener.register(selector, SelectionKey.OP_ACCEPT);
        Thread thread = new Thread(this::run, "understudy-hook-socket");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (selector.isOpen()) {
            try {
                selectOnce();
            } catch (ClosedSelectorException e) {
                LOG.debug("Hook listener: closed", e);
            } catch (IOException | RuntimeException | Error e) {
                LOG.error("Hook listener: unhandled exception, retrying", e);
                LockSupport.parkNanos(limits.firstRetry().toNanos());
            }
        }
        pending.values().forEach(one -> closeConnection(one.connection()));
    }

    private void selectOnce() throws IOException {
        selector.select(untilNextDeadline());
        for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
            SelectionKey key = keys.next();
            keys.remove();
            if (key == acceptKey) {
                accept();
            } else if (pending.containsKey(key)) {
                read(pending.get(key));
            }
        }
        closeIdleConnections();
        if (acceptKey.interestOps() == 0 && System.nanoTime() - acceptRetryAt >= 0) {
            acceptKey.interestOps(SelectionKey.OP_ACCEPT);
        }
        dispatchComplete();
    }

    /** Milliseconds; 0 if there is no deadline. */
    private long untilNextDeadline() {
        long now = System.nanoTime();
        Optional<Long> idle = pending.values().stream().findFirst().map(oldest -> oldest.deadline() - now);
        Optional<Long> retry = acceptKey.interestOps() == 0 ? Optional.of(acceptRetryAt - now) : Optional.empty();
        long nanos = Math.min(idle.orElse(Long.MAX_VALUE), retry.orElse(Long.MAX_VALUE));
        return nanos == Long.MAX_VALUE ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
    }

    private void accept() {
        try {
            Optional<SocketChannel> connection = acceptor.accept(listener);
            if (connection.isPresent()) {
                register(connection.get());
            }
            failures = 0;
        } catch (IOException e) {
            Duration wait = limits.firstRetry().multipliedBy(1L << Math.min(failures++, 20));
            wait = wait.compareTo(limits.longestRetry()) < 0 ? wait : limits.longestRetry();
            LOG.warn("Hook listener: accept failed, retrying in {} ms", wait.toMillis(), e);
            acceptRetryAt = System.nanoTime() + wait.toNanos();
            acceptKey.interestOps(0);
        }
    }

    private void register(SocketChannel connection) throws IOException {
        if (pending.size() >= limits.connections()) {
            PendingConnection oldest = pending.values().iterator().next();
            LOG.warn("Hook listener: {} connections without a request, closing the oldest", pending.size());
            pending.remove(oldest.key());
            closeConnection(oldest.connection());
        }
        connection.configureBlocking(false);
        SelectionKey key = connection.register(selector, SelectionKey.OP_READ);
        long deadline = System.nanoTime() + limits.requestTimeout().toNanos();
        pending.put(key, new PendingConnection(key, new ByteArrayOutputStream(), deadline));
    }

    private void read(PendingConnection from) {
        try {
            buffer.clear();
            int length = from.connection().read(buffer);
            int end = 0;
            while (end < length && buffer.get(end) != '\n') {
                end++;
            }
            from.line().write(buffer.array(), 0, end);
            if (from.line().size() > RestRequest.LARGEST_BODY) {
                throw new IOException("Request is longer than " + RestRequest.LARGEST_BODY + " bytes");
            }
            if (length < 0 || end < length) {
                pending.remove(from.key());
                from.key().cancel();
                complete.add(new CompleteRequest(from.connection(), from.line().toString(StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            LOG.debug("Hook listener: a request could not be read", e);
            pending.remove(from.key());
            closeConnection(from.connection());
        }
    }

    private void closeIdleConnections() {
        long now = System.nanoTime();
        for (Iterator<PendingConnection> connections = pending.values().iterator(); connections.hasNext(); ) {
            PendingConnection next = connections.next();
            if (next.deadline() - now > 0) {
                return;
            }
            LOG.debug("Hook listener: no request within {}, closing the connection", limits.requestTimeout());
            connections.remove();
            closeConnection(next.connection());
        }
    }

    /** A channel can become blocking only after the selector has deregistered its key. */
    private void dispatchComplete() throws IOException {
        if (complete.isEmpty()) {
            return;
        }
        selector.selectNow();
        List<CompleteRequest> ready = List.copyOf(complete);
        complete.clear();
        for (CompleteRequest one : ready) {
            try {
                one.connection().configureBlocking(true);
                requests.accept(one.connection(), one.line());
            } catch (IOException | RuntimeException e) {
                LOG.warn("Hook listener: a request could not be dispatched, closing the connection", e);
                closeConnection(one.connection());
            }
        }
    }

    static void closeConnection(SocketChannel connection) {
        try {
            connection.close();
        } catch (IOException e) {
            LOG.debug("Hook listener: a connection could not be closed", e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        selector.close();
    }
}
