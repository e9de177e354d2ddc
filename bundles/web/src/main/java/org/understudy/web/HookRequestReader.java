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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Scheduler;

/**
 * Accepts connections and reads one line from each, all on one thread of its own pool: an idle connection occupies no worker,
 * and is closed after a timeout.
 */
final class HookRequestReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HookRequestReader.class);
    private static final int BUFFER_SIZE = 64 << 10;

    /**
     * Limits and delays.
     *
     * @param requestTimeout time for a connection to send its line
     * @param connections number of connections without a complete line; one more closes the oldest
     * @param retry pauses after a failed accept
     */
    record Limits(Duration requestTimeout, int connections, Backoff retry) {
        /** A hook sends its request at once, and waits 3 s for the response. */
        static final Limits DEFAULT =
                new Limits(Duration.ofSeconds(2), 256, new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5)));
    }

    /** Accepts a connection; empty if the client has disconnected. */
    @FunctionalInterface
    interface Acceptor {
        Optional<SocketChannel> accept(ServerSocketChannel listener) throws IOException;
    }

    /** A connection whose line is incomplete. */
    private record PendingConnection(
            SelectionKey key, ByteArrayOutputStream line, long deadline, Subscription timeout) {
        SocketChannel connection() {
            return (SocketChannel) key.channel();
        }
    }

    private record CompleteRequest(SocketChannel connection, String line) {}

    private final ServerSocketChannel listener;
    private final Limits limits;
    private final Acceptor acceptor;
    private final Scheduler scheduler;
    private final ExecutorService thread;
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
            ServerSocketChannel listener,
            Limits limits,
            Acceptor acceptor,
            Scheduler scheduler,
            BiConsumer<SocketChannel, String> requests)
            throws IOException {
        this.listener = listener;
        this.limits = limits;
        this.acceptor = acceptor;
        this.scheduler = scheduler;
        this.thread = scheduler.pool("understudy-hook-socket", 1, 0);
        this.requests = requests;
        listener.configureBlocking(false);
        acceptKey = listener.register(selector, SelectionKey.OP_ACCEPT);
        thread.execute(this::run);
    }

    private void run() {
        while (selector.isOpen()) {
            try {
                selectOnce();
            } catch (ClosedSelectorException e) {
                LOG.debug("Hook listener: closed", e);
            } catch (IOException | RuntimeException | Error e) {
                LOG.error("Hook listener: unhandled exception, retrying", e);
                pause();
            }
        }
        List.copyOf(pending.values()).forEach(this::drop);
    }

    private void pause() {
        CountDownLatch over = new CountDownLatch(1);
        scheduler.after(limits.retry().pause(++failures), over::countDown);
        try {
            over.await();
        } catch (InterruptedException e) {
            // The reader is closed, and so is the selector.
            Thread.currentThread().interrupt();
        }
    }

    private void selectOnce() throws IOException {
        selector.select();
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
        if (acceptKey.interestOps() == 0 && scheduler.nanos() - acceptRetryAt >= 0) {
            acceptKey.interestOps(SelectionKey.OP_ACCEPT);
        }
        dispatchComplete();
    }

    private void accept() {
        try {
            Optional<SocketChannel> connection = acceptor.accept(listener);
            if (connection.isPresent()) {
                register(connection.get());
            }
            failures = 0;
        } catch (IOException e) {
            Duration pause = limits.retry().pause(++failures);
            LOG.warn("Hook listener: accept failed, retrying in {} ms", pause.toMillis(), e);
            acceptRetryAt = scheduler.nanos() + pause.toNanos();
            acceptKey.interestOps(0);
            scheduler.after(pause, selector::wakeup);
        }
    }

    private void register(SocketChannel connection) throws IOException {
        if (pending.size() >= limits.connections()) {
            LOG.warn("Hook listener: {} connections without a request, closing the oldest", pending.size());
            drop(pending.values().iterator().next());
        }
        connection.configureBlocking(false);
        SelectionKey key = connection.register(selector, SelectionKey.OP_READ);
        long deadline = scheduler.nanos() + limits.requestTimeout().toNanos();
        Subscription timeout = scheduler.after(limits.requestTimeout(), selector::wakeup);
        pending.put(key, new PendingConnection(key, new ByteArrayOutputStream(), deadline, timeout));
    }

    private void forget(PendingConnection one) {
        pending.remove(one.key());
        one.timeout().close();
    }

    private void drop(PendingConnection one) {
        forget(one);
        closeConnection(one.connection());
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
                forget(from);
                from.key().cancel();
                complete.add(new CompleteRequest(from.connection(), from.line().toString(StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            LOG.debug("Hook listener: a request could not be read", e);
            drop(from);
        }
    }

    private void closeIdleConnections() {
        long now = scheduler.nanos();
        for (PendingConnection next : List.copyOf(pending.values())) {
            if (next.deadline() - now > 0) {
                return;
            }
            LOG.debug("Hook listener: no request within {}, closing the connection", limits.requestTimeout());
            drop(next);
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
        thread.shutdownNow();
    }
}
