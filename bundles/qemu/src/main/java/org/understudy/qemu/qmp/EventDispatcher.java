// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.UnderstudyException;

/**
 * Delivers the events of one client in order on its own thread, and finally the reason why the connection ended.
 *
 * <p>A guest can trigger an unlimited number of some events, so the queue is bounded. The bound is only reached if the
 * listener hangs.
 */
final class EventDispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(EventDispatcher.class);
    private static final Runnable END_OF_QUEUE = () -> {};
    static final int MAX_QUEUED = 20_000;

    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Consumer<QmpEvent> events;
    private final Consumer<UnderstudyException> closed;
    private volatile boolean stopped;

    EventDispatcher(Consumer<QmpEvent> events, Consumer<UnderstudyException> closed) {
        this.events = events;
        this.closed = closed;
    }

    /** Starts the delivery, including events that were queued before. */
    void start(String threadName) {
        Thread thread = new Thread(this::run, threadName);
        thread.setDaemon(true);
        thread.start();
    }

    /** False if the queue is full. */
    boolean deliver(QmpEvent event) {
        return queue.size() < MAX_QUEUED && queue.add(() -> events.accept(event));
    }

    /** Delivers the queued events, then the reason, and stops. */
    void finish(UnderstudyException reason) {
        queue.add(() -> closed.accept(reason));
        queue.add(END_OF_QUEUE);
    }

    /** Discards queued events; a delivery in progress completes. */
    void stop() {
        stopped = true;
        queue.add(END_OF_QUEUE);
    }

    private void run() {
        try {
            Runnable next = queue.take();
            while (next != END_OF_QUEUE && !stopped) {
                deliverSafely(next);
                next = queue.take();
            }
        } catch (InterruptedException e) {
            LOG.warn("QMP event delivery: interrupted, no more events are delivered");
        }
    }

    private static void deliverSafely(Runnable delivery) {
        try {
            delivery.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("QMP event listener: unhandled exception, continuing with the next event", e);
        }
    }
}
