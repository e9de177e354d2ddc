// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.UnderstudyException;

/**
 * Delivers the events of one client in order, on a thread of its own, and last of all why the connection ended.
 *
 * <p>A guest can provoke some events as often as it likes, so the queue has a bound. It is so long that whoever listens hangs
 * once it is reached.
 */
final class EventDispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(EventDispatcher.class);
    private static final Runnable LAST = () -> {};
    static final int MOST_QUEUED = 20_000;

    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Consumer<QmpEvent> events;
    private final Consumer<UnderstudyException> closed;
    private volatile boolean stopped;

    EventDispatcher(Consumer<QmpEvent> events, Consumer<UnderstudyException> closed) {
        this.events = events;
        this.closed = closed;
    }

    /** Starts to deliver, also what was queued before. */
    void start(String threadName) {
        Thread thread = new Thread(this::run, threadName);
        thread.setDaemon(true);
        thread.start();
    }

    /** False if too many wait already. */
    boolean deliver(QmpEvent event) {
        return queue.size() < MOST_QUEUED && queue.add(() -> events.accept(event));
    }

    /** Delivers what is queued, then the reason, then nothing more. */
    void finish(UnderstudyException reason) {
        queue.add(() -> closed.accept(reason));
        queue.add(LAST);
    }

    /** Delivers nothing more from now on; a delivery under way goes on. */
    void stop() {
        stopped = true;
        queue.add(LAST);
    }

    private void run() {
        try {
            Runnable next = queue.take();
            while (next != LAST && !stopped) {
                callQuietly(next);
                next = queue.take();
            }
        } catch (InterruptedException e) {
            LOG.warn("the delivery of QMP events was interrupted; no more are delivered");
        }
    }

    private static void callQuietly(Runnable delivery) {
        try {
            delivery.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("a listener of QMP events failed", e);
        }
    }
}
