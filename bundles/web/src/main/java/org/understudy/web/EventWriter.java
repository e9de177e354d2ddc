// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.servlet.AsyncContext;
import javax.servlet.AsyncEvent;
import javax.servlet.AsyncListener;
import javax.servlet.ServletOutputStream;
import javax.servlet.WriteListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one stream to its client without a thread of its own: the caller that has an event writes it, or the server as soon as
 * the client reads. Never blocks.
 */
final class EventWriter implements WriteListener, AsyncListener {
    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);

    private final AsyncContext context;
    private final ServletOutputStream out;
    private final EventStream stream;
    private final Runnable closed;
    /** Counts the reasons to write since the last time; who counts from 0 writes, so that only one thread does. */
    private final AtomicInteger reasons = new AtomicInteger();

    private final AtomicBoolean ended = new AtomicBoolean();
    /** Whether the server takes more bytes now. */
    private volatile boolean ready;
    /** Whether there are bytes that the server may keep. */
    private boolean unflushed;

    /** @param closed is called once the stream has ended */
    EventWriter(AsyncContext context, ServletOutputStream out, EventStream stream, Runnable closed) {
        this.context = context;
        this.out = out;
        this.stream = stream;
        this.closed = closed;
    }

    void start() {
        context.setTimeout(0);
        context.addListener(this);
        stream.onChange(this::write);
        out.setWriteListener(this);
    }

    @Override
    public void onWritePossible() {
        ready = true;
        write();
    }

    private void write() {
        if (reasons.getAndIncrement() > 0) {
            return;
        }
        int seen;
        do {
            seen = reasons.get();
            try {
                writeWhileReady();
            } catch (IOException | RuntimeException e) {
                LOG.debug("Event stream of user {}: client is gone", stream.user(), e);
                end();
            }
        } while (reasons.addAndGet(-seen) > 0);
    }

    private void writeWhileReady() throws IOException {
        if (stream.isClosed()) {
            end();
            return;
        }
        while (ready && !ended.get()) {
            Optional<byte[]> bytes = stream.poll();
            if (bytes.isPresent()) {
                out.write(bytes.get());
                unflushed = true;
            } else if (unflushed) {
                out.flush();
                unflushed = false;
            } else {
                return;
            }
            // Cleared first: the server may call onWritePossible before isReady returns false.
            ready = false;
            if (out.isReady()) {
                ready = true;
            }
        }
    }

    private void end() {
        if (ended.compareAndSet(false, true)) {
            closed.run();
            try {
                context.complete();
            } catch (IllegalStateException e) {
                LOG.debug("Event stream of user {}: server has ended it", stream.user(), e);
            }
        }
    }

    @Override
    public void onError(Throwable cause) {
        end();
    }

    @Override
    public void onComplete(AsyncEvent event) {
        end();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        end();
    }

    @Override
    public void onError(AsyncEvent event) {
        end();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        // No other part of the server starts it again.
    }
}
