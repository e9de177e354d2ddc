// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Delivery;

/**
 * Delivers the events of one client in order, one at a time, and finally the reason why the connection ended.
 *
 * <p>A guest can trigger an unlimited number of some events, so the queue is bounded. The bound is only reached if the
 * listener hangs.
 */
final class EventDispatcher {
    static final int MAX_QUEUED = 20_000;

    private final Consumer<QmpEvent> events;
    private final Consumer<UnderstudyException> closed;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final AtomicLong queued = new AtomicLong();
    private final Delivery<Long, Runnable> delivery;

    EventDispatcher(String name, Executor pool, Consumer<QmpEvent> events, Consumer<UnderstudyException> closed) {
        this.events = events;
        this.closed = closed;
        this.delivery =
                new Delivery<>(name, task -> started.thenRunAsync(task, pool), (older, newer) -> newer, Runnable::run);
    }

    /** Starts the delivery, including events that were queued before. */
    void start() {
        started.complete(null);
    }

    /** False if the queue is full. */
    boolean deliver(QmpEvent event) {
        if (delivery.waiting() >= MAX_QUEUED) {
            return false;
        }
        delivery.put(queued.incrementAndGet(), () -> events.accept(event));
        return true;
    }

    /** Delivers the queued events, then the reason, and stops. */
    void finish(UnderstudyException reason) {
        delivery.put(queued.incrementAndGet(), () -> closed.accept(reason));
        delivery.drainAndClose();
    }

    /** Discards queued events; a delivery in progress completes. */
    void stop() {
        delivery.close();
    }
}
