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
 * Accepts calls and reads one line from each, all on one thread: a call that says nothing keeps no worker busy, and is hung
 * up on soon.
 */
final class QuestionReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QuestionReader.class);
    private static final int PIECE = 64 << 10;

    /**
     * How long and how many calls may wait.
     *
     * @param question how long a call may take for its line
     * @param calls so many may be without their line at once; one more ends the oldest
     * @param firstRetry between an accept that failed and the next; doubles with each
     * @param longestRetry bounds it
     */
    record Limits(Duration question, int calls, Duration firstRetry, Duration longestRetry) {
        /** A hook sends its question at once, and waits 3 s for the answer. */
        static final Limits USUAL =
                new Limits(Duration.ofSeconds(2), 256, Duration.ofMillis(100), Duration.ofSeconds(5));
    }

    /** How a call is accepted; empty if the caller has gone again. */
    @FunctionalInterface
    interface Acceptor {
        Optional<SocketChannel> accept(ServerSocketChannel listener) throws IOException;
    }

    /** A call whose line is not complete. */
    private record Waiting(SelectionKey key, ByteArrayOutputStream line, long until) {
        SocketChannel call() {
            return (SocketChannel) key.channel();
        }
    }

    private record Asked(SocketChannel call, String question) {}

    private final ServerSocketChannel listener;
    private final Limits limits;
    private final Acceptor acceptor;
    private final BiConsumer<SocketChannel, String> questions;
    private final Selector selector = Selector.open();
    private final SelectionKey listening;
    /** The oldest first. */
    private final Map<SelectionKey, Waiting> waiting = new LinkedHashMap<>();

    private final List<Asked> asked = new ArrayList<>();
    private final ByteBuffer piece = ByteBuffer.allocate(PIECE);
    private int failures;
    private long acceptAgain;

    /** @param questions gets each call, as a blocking channel, with its line; must return at once */
    QuestionReader(
            ServerSocketChannel listener, Limits limits, Acceptor acceptor, BiConsumer<SocketChannel, String> questions)
            throws IOException {
        this.listener = listener;
        this.limits = limits;
        this.acceptor = acceptor;
        this.questions = questions;
        listener.configureBlocking(false);
        listening = listener.register(selector, SelectionKey.OP_ACCEPT);
        Thread thread = new Thread(this::run, "understudy-hook-socket");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (selector.isOpen()) {
            try {
                turn();
            } catch (ClosedSelectorException e) {
                LOG.debug("The hook listener was closed", e);
            } catch (IOException | RuntimeException | Error e) {
                LOG.error("Hook listener: calls could not be served, retrying", e);
                LockSupport.parkNanos(limits.firstRetry().toNanos());
            }
        }
        waiting.values().forEach(one -> closeConnection(one.call()));
    }

    private void turn() throws IOException {
        selector.select(untilNextDeadline());
        for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
            SelectionKey key = keys.next();
            keys.remove();
            if (key == listening) {
                accept();
            } else if (waiting.containsKey(key)) {
                read(waiting.get(key));
            }
        }
        hangUpOnTheSilent();
        if (listening.interestOps() == 0 && System.nanoTime() - acceptAgain >= 0) {
            listening.interestOps(SelectionKey.OP_ACCEPT);
        }
        passOn();
    }

    /** 0 if there is none. */
    private long untilNextDeadline() {
        long now = System.nanoTime();
        Optional<Long> silent = waiting.values().stream().findFirst().map(oldest -> oldest.until() - now);
        Optional<Long> retry = listening.interestOps() == 0 ? Optional.of(acceptAgain - now) : Optional.empty();
        long nanos = Math.min(silent.orElse(Long.MAX_VALUE), retry.orElse(Long.MAX_VALUE));
        return nanos == Long.MAX_VALUE ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
    }

    private void accept() {
        try {
            Optional<SocketChannel> call = acceptor.accept(listener);
            if (call.isPresent()) {
                await(call.get());
            }
            failures = 0;
        } catch (IOException e) {
            Duration wait = limits.firstRetry().multipliedBy(1L << Math.min(failures++, 20));
            wait = wait.compareTo(limits.longestRetry()) < 0 ? wait : limits.longestRetry();
            LOG.warn("Hook listener: a call could not be accepted, retrying in {} ms", wait.toMillis(), e);
            acceptAgain = System.nanoTime() + wait.toNanos();
            listening.interestOps(0);
        }
    }

    private void await(SocketChannel call) throws IOException {
        if (waiting.size() >= limits.calls()) {
            Waiting oldest = waiting.values().iterator().next();
            LOG.warn("Hook listener: {} calls send no question; the oldest is ended", waiting.size());
            waiting.remove(oldest.key());
            closeConnection(oldest.call());
        }
        call.configureBlocking(false);
        SelectionKey key = call.register(selector, SelectionKey.OP_READ);
        long until = System.nanoTime() + limits.question().toNanos();
        waiting.put(key, new Waiting(key, new ByteArrayOutputStream(), until));
    }

    private void read(Waiting from) {
        try {
            piece.clear();
            int length = from.call().read(piece);
            int end = 0;
            while (end < length && piece.get(end) != '\n') {
                end++;
            }
            from.line().write(piece.array(), 0, end);
            if (from.line().size() > RestRequest.LARGEST_BODY) {
                throw new IOException("the question is longer than " + RestRequest.LARGEST_BODY);
            }
            if (length < 0 || end < length) {
                waiting.remove(from.key());
                from.key().cancel();
                asked.add(new Asked(from.call(), from.line().toString(StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            LOG.debug("A hook's question broke off", e);
            waiting.remove(from.key());
            closeConnection(from.call());
        }
    }

    private void hangUpOnTheSilent() {
        long now = System.nanoTime();
        for (Iterator<Waiting> calls = waiting.values().iterator(); calls.hasNext(); ) {
            Waiting next = calls.next();
            if (next.until() - now > 0) {
                return;
            }
            LOG.debug("A call sent no question within {}", limits.question());
            calls.remove();
            closeConnection(next.call());
        }
    }

    /** A channel can block only after the selector has forgotten its key. */
    private void passOn() throws IOException {
        if (asked.isEmpty()) {
            return;
        }
        selector.selectNow();
        List<Asked> ready = List.copyOf(asked);
        asked.clear();
        for (Asked one : ready) {
            try {
                one.call().configureBlocking(true);
                questions.accept(one.call(), one.question());
            } catch (IOException | RuntimeException e) {
                LOG.warn("Hook listener: a question could not be passed on", e);
                closeConnection(one.call());
            }
        }
    }

    static void closeConnection(SocketChannel call) {
        try {
            call.close();
        } catch (IOException e) {
            LOG.debug("A call could not be closed", e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        selector.close();
    }
}
